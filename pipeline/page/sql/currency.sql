SELECT currencyCode, COUNT(*) AS invoices
FROM gold.fact_invoice
WHERE currencyCode <> ''
GROUP BY currencyCode
ORDER BY invoices DESC, currencyCode
