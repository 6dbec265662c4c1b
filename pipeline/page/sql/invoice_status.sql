SELECT postingStatus AS status, COUNT(*) AS invoices, ${sums:Invoiced Revenue}, SUM(total) AS total, SUM(balance) AS balance
FROM ${from:invoices}
GROUP BY postingStatus
ORDER BY status
