SELECT c.companyName AS company, c.companyId, entries, "Unbilled Hours", "Unbilled Amount", "Unbilled Hour-Days",
  ${value:Unbilled Age} AS "Unbilled Age"
FROM (
  SELECT CompanyKey, COUNT(*) AS entries, ${sums:Unbilled Hours, Unbilled Amount, Unbilled Hour-Days}
  FROM ${from:unbilled}
  GROUP BY CompanyKey
) AS u
JOIN gold.dimcompany AS c ON c.CompanyKey = u.CompanyKey
ORDER BY "Unbilled Amount" DESC, company, c.companyId
