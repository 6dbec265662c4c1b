SELECT m.memberName AS member, m.memberId, "Actual Hours", "Utilized Hours", "Capacity Hours",
  ${value:Utilization} AS "Utilization", recentUtilized, recentCapacity
FROM (
  SELECT MemberKey, SUM("Actual Hours") AS "Actual Hours", SUM("Utilized Hours") AS "Utilized Hours",
    SUM("Capacity Hours") AS "Capacity Hours",
    SUM(CASE WHEN month BETWEEN ${yearAgo} AND ${thisMonth} THEN "Utilized Hours" ELSE 0 END) AS recentUtilized,
    SUM(CASE WHEN month BETWEEN ${yearAgo} AND ${thisMonth} THEN "Capacity Hours" ELSE 0 END) AS recentCapacity
  FROM (
    SELECT MemberKey, WorkDateKey / 100 AS month, ${sums:Actual Hours}, CAST(0 AS DECIMAL(38, 4)) AS "Utilized Hours",
      CAST(0 AS DECIMAL(38, 4)) AS "Capacity Hours"
    FROM ${from:time}
    GROUP BY 1, 2
    UNION ALL
    SELECT MemberKey, WorkDateKey / 100, CAST(0 AS DECIMAL(38, 4)), ${sums:Utilized Hours}, CAST(0 AS DECIMAL(38, 4))
    FROM ${from:utilized}
    GROUP BY 1, 2
    UNION ALL
    SELECT MemberKey, DateKey / 100, CAST(0 AS DECIMAL(38, 4)), CAST(0 AS DECIMAL(38, 4)), ${sums:Capacity Hours}
    FROM ${from:capacity}
    GROUP BY 1, 2
  ) AS months
  GROUP BY MemberKey
) AS h
JOIN gold.dimmember AS m ON m.MemberKey = h.MemberKey
ORDER BY recentUtilized DESC, "Actual Hours" DESC, member, m.memberId
