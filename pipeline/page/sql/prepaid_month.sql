SELECT c.YearMonth AS month, SUM(h."Prepaid Hours") AS "Prepaid Hours"
FROM (
  SELECT WorkDateKey, ${sums:Prepaid Hours}
  FROM ${from:time}
  GROUP BY WorkDateKey
) AS h
LEFT JOIN gold.dimcalendar AS c ON c.DateKey = h.WorkDateKey
GROUP BY c.YearMonth
ORDER BY month
