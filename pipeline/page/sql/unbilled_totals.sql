SELECT u.*, ${value:Unbilled Age} AS "Unbilled Age", t.*
FROM (
  SELECT COUNT(*) AS entries, ${sums:Unbilled Hours, Unbilled Amount, Unbilled Hour-Days}
  FROM ${from:unbilled}
) AS u
CROSS JOIN (
  SELECT ${sums:No-Charge Hours, Leakage, Written-Off Work}
  FROM ${from:time}
) AS t
