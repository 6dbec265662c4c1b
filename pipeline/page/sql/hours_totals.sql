SELECT t.*, u.*, c.*, ${value:Utilization} AS "Utilization"
FROM (
  SELECT ${sums:Time Entries, Actual Hours, Billable Hours, Invoiced Hours, Prepaid Hours, Internal Hours, No-Charge Hours, Unclassified Hours}
  FROM ${from:time}
) AS t
CROSS JOIN (
  SELECT ${sums:Utilized Hours}
  FROM ${from:utilized}
) AS u
CROSS JOIN (
  SELECT ${sums:Capacity Hours}
  FROM ${from:capacity}
) AS c
