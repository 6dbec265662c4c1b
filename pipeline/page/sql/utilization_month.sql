SELECT c.YearMonth AS month, SUM(h."Utilized Hours") AS "Utilized Hours", SUM(h."Capacity Hours") AS "Capacity Hours"
FROM (
  SELECT WorkDateKey AS DateKey, ${sums:Utilized Hours}, CAST(0 AS DECIMAL(38, 4)) AS "Capacity Hours"
  FROM ${from:utilized}
  GROUP BY WorkDateKey
  UNION ALL
  SELECT DateKey, CAST(0 AS DECIMAL(38, 4)), ${sums:Capacity Hours}
  FROM ${from:capacity}
  GROUP BY DateKey
) AS h
LEFT JOIN gold.dimcalendar AS c ON c.DateKey = h.DateKey
GROUP BY c.YearMonth
ORDER BY month
