SELECT age, SUM(entries) AS entries, SUM("Unbilled Hours") AS "Unbilled Hours", SUM("Unbilled Amount") AS "Unbilled Amount"
FROM (
  SELECT entries, "Unbilled Hours", "Unbilled Amount",
    CASE
      WHEN d.Date IS NULL THEN 7
      WHEN days_between(d.Date, DATE '${businessDate}') <= 30 THEN 1
      WHEN days_between(d.Date, DATE '${businessDate}') <= 60 THEN 2
      WHEN days_between(d.Date, DATE '${businessDate}') <= 90 THEN 3
      WHEN days_between(d.Date, DATE '${businessDate}') <= 180 THEN 4
      WHEN days_between(d.Date, DATE '${businessDate}') <= 365 THEN 5
      ELSE 6
    END AS age
  FROM (
    SELECT WorkDateKey, COUNT(*) AS entries, ${sums:Unbilled Hours, Unbilled Amount}
    FROM ${from:unbilled}
    GROUP BY WorkDateKey
  ) AS u
  LEFT JOIN gold.dimcalendar AS d ON d.DateKey = u.WorkDateKey
) AS aged
GROUP BY age
ORDER BY age
