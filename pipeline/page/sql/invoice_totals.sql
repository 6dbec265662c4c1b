SELECT i.*, r.*
FROM (
  SELECT COUNT(*) AS invoices, ${sums:Invoiced Revenue}
  FROM ${from:invoices}
) AS i
CROSS JOIN (
  SELECT ${sums:Receivables, Overdue, Overdue 1-30 Days, Overdue 31-60 Days, Overdue 61-90 Days, Overdue over 90 Days}
  FROM ${from:receivables}
) AS r
