SELECT c.YearMonth AS month, c.DayOfWeek AS weekday, SUM(h."Time Entries") AS "Time Entries",
  SUM(h."Actual Hours") AS "Actual Hours"
FROM (
  SELECT WorkDateKey, ${sums:Time Entries, Actual Hours}
  FROM ${from:time}
  GROUP BY WorkDateKey
) AS h
LEFT JOIN gold.dimcalendar AS c ON c.DateKey = h.WorkDateKey
GROUP BY c.YearMonth, c.DayOfWeek
ORDER BY month, weekday
