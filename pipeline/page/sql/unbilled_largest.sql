SELECT u.timeEntryId, u.WorkDateKey, m.memberName AS member, c.companyName AS company, a.agreementName AS agreement,
  u.actualHours, u.hourlyRate, u.potentialRevenue, u.status, u.entries
FROM (
  SELECT t.timeEntryId, t.WorkDateKey, t.MemberKey, t.CompanyKey, t.AgreementKey, t.actualHours, t.hourlyRate,
    t.potentialRevenue, t.status, COUNT(*) OVER () AS entries
  ${source:unbilled}
) AS u
JOIN gold.dimmember AS m ON m.MemberKey = u.MemberKey
JOIN gold.dimcompany AS c ON c.CompanyKey = u.CompanyKey
JOIN gold.dimagreement AS a ON a.AgreementKey = u.AgreementKey
ORDER BY u.potentialRevenue DESC, u.timeEntryId
LIMIT 20
