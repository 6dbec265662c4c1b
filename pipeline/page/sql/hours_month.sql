SELECT c.YearMonth AS month, h.effectiveBillingStatus AS status, SUM(h."Time Entries") AS "Time Entries",
  SUM(h."Actual Hours") AS "Actual Hours"
FROM (
  SELECT WorkDateKey, effectiveBillingStatus, ${sums:Time Entries, Actual Hours}
  FROM ${from:time}
  GROUP BY WorkDateKey, effectiveBillingStatus
) AS h
LEFT JOIN gold.dimcalendar AS c ON c.DateKey = h.WorkDateKey
GROUP BY c.YearMonth, h.effectiveBillingStatus
ORDER BY month, status
