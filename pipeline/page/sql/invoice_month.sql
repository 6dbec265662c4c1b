SELECT c.YearMonth AS month, h.postingStatus AS status, SUM(h."Invoiced Revenue") AS "Invoiced Revenue"
FROM (
  SELECT InvoiceDateKey, postingStatus, ${sums:Invoiced Revenue}
  FROM ${from:invoices}
  GROUP BY InvoiceDateKey, postingStatus
) AS h
LEFT JOIN gold.dimcalendar AS c ON c.DateKey = h.InvoiceDateKey
GROUP BY c.YearMonth, h.postingStatus
ORDER BY month, status
