SELECT r.*, i.*, c.*, d.*, h.*, p.*, ${value:Agreement Profit} AS "Agreement Profit",
  ${value:Effective Hourly Rate} AS "Effective Hourly Rate"
FROM (SELECT ${sums:MRR} FROM ${from:recurring}) AS r
CROSS JOIN (SELECT ${sums:Agreement Revenue} FROM ${from:invoices}) AS i
CROSS JOIN (SELECT ${sums:Agreement Direct Cost} FROM ${from:costs}) AS c
CROSS JOIN (SELECT ${sums:Addition Cost} FROM ${from:additions}) AS d
CROSS JOIN (SELECT ${sums:Agreement Hours} FROM ${from:agreementWork}) AS h
CROSS JOIN (SELECT ${sums:Prepaid Hours Remaining, Prepaid Hours Used} FROM ${from:pots}) AS p
