SELECT a.agreementName AS agreement, a.agreementId, a.companyName AS company, entries, "Unbilled Hours", "Unbilled Amount",
  "Unbilled Hour-Days", ${value:Unbilled Age} AS "Unbilled Age"
FROM (
  SELECT AgreementKey, COUNT(*) AS entries, ${sums:Unbilled Hours, Unbilled Amount, Unbilled Hour-Days}
  FROM ${from:unbilled}
  GROUP BY AgreementKey
) AS u
JOIN gold.dimagreement AS a ON a.AgreementKey = u.AgreementKey
ORDER BY "Unbilled Amount" DESC, agreement, a.agreementId
