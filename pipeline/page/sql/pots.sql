SELECT a.agreementName AS agreement, a.agreementId, a.companyName AS company, p.isUnlimited, p.available, p.used, p.remaining,
  p.overrun, COALESCE(w.recentHours, 0) AS recentHours
FROM (
  SELECT r.AgreementKey, r.isUnlimited, r.available, r.used, r.remaining, r.overrun
  ${source:pots}
) AS p
JOIN gold.dimagreement AS a ON a.AgreementKey = p.AgreementKey
LEFT JOIN (
  SELECT AgreementKey, SUM("Prepaid Hours") AS recentHours
  FROM (
    SELECT AgreementKey, WorkDateKey / 100 AS month, ${sums:Prepaid Hours}
    FROM ${from:time}
    GROUP BY 1, 2
  ) AS months
  WHERE month >= ${threeMonthsAgo} AND month < ${thisMonth}
  GROUP BY AgreementKey
) AS w ON w.AgreementKey = p.AgreementKey
ORDER BY p.isUnlimited, p.remaining, agreement, a.agreementId
