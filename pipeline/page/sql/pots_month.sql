SELECT a.agreementId, e.MonthEndDateKey / 100 AS month, SUM(e.amount) AS hours
FROM gold.fact_monthend AS e
JOIN gold.dimagreement AS a ON a.AgreementKey = e.AgreementKey
WHERE e.measure = 'prepaidHoursRemaining' AND e.MonthEndDateKey / 100 >= ${yearAgo}
GROUP BY a.agreementId, e.MonthEndDateKey / 100
ORDER BY a.agreementId, month
