SELECT c.YearMonth AS month, SUM(h."No-Charge Hours") AS "No-Charge Hours", SUM(h."Leakage") AS "Leakage"
FROM (
  SELECT WorkDateKey, ${sums:No-Charge Hours, Leakage}
  FROM ${from:time}
  GROUP BY WorkDateKey
) AS h
LEFT JOIN gold.dimcalendar AS c ON c.DateKey = h.WorkDateKey
GROUP BY c.YearMonth
ORDER BY month
