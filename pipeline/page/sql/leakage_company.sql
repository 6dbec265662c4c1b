SELECT c.companyName AS company, c.companyId, "No-Charge Hours", "Leakage"
FROM (
  SELECT CompanyKey, ${sums:No-Charge Hours, Leakage}
  FROM ${from:time}
  GROUP BY CompanyKey
) AS h
JOIN gold.dimcompany AS c ON c.CompanyKey = h.CompanyKey
WHERE "No-Charge Hours" <> 0 OR "Leakage" <> 0
ORDER BY "Leakage" DESC, company, c.companyId
