SELECT c.companyName AS company, c.companyId, h."Receivables", h."Overdue", h."Overdue 1-30 Days", h."Overdue 31-60 Days",
  h."Overdue 61-90 Days", h."Overdue over 90 Days"
FROM (
  SELECT CompanyKey,
    ${sums:Receivables, Overdue, Overdue 1-30 Days, Overdue 31-60 Days, Overdue 61-90 Days, Overdue over 90 Days}
  FROM ${from:receivables}
  GROUP BY CompanyKey
) AS h
JOIN gold.dimcompany AS c ON c.CompanyKey = h.CompanyKey
WHERE h."Receivables" <> 0 OR h."Overdue" <> 0
ORDER BY h."Receivables" DESC, company, c.companyId
