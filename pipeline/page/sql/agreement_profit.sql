SELECT a.agreementName AS agreement, a.agreementId, a.companyName AS company, a.agreementTypeName AS typeName, a.isActive,
  "Agreement Revenue", "Agreement Direct Cost", "Addition Cost", "Agreement Hours",
  ${value:Agreement Profit} AS "Agreement Profit", ${value:Effective Hourly Rate} AS "Effective Hourly Rate"
FROM (
  SELECT AgreementKey, SUM("Agreement Revenue") AS "Agreement Revenue",
    SUM("Agreement Direct Cost") AS "Agreement Direct Cost", SUM("Addition Cost") AS "Addition Cost",
    SUM("Agreement Hours") AS "Agreement Hours"
  FROM (
    SELECT AgreementKey, ${sums:Agreement Revenue}, CAST(0 AS DECIMAL(38, 4)) AS "Agreement Direct Cost",
      CAST(0 AS DECIMAL(38, 4)) AS "Addition Cost", CAST(0 AS DECIMAL(38, 4)) AS "Agreement Hours"
    FROM ${from:invoices}
    GROUP BY AgreementKey
    UNION ALL
    SELECT AgreementKey, CAST(0 AS DECIMAL(38, 4)), ${sums:Agreement Direct Cost}, CAST(0 AS DECIMAL(38, 4)),
      CAST(0 AS DECIMAL(38, 4))
    FROM ${from:costs}
    GROUP BY AgreementKey
    UNION ALL
    SELECT AgreementKey, CAST(0 AS DECIMAL(38, 4)), CAST(0 AS DECIMAL(38, 4)), ${sums:Addition Cost},
      CAST(0 AS DECIMAL(38, 4))
    FROM ${from:additions}
    GROUP BY AgreementKey
    UNION ALL
    SELECT AgreementKey, CAST(0 AS DECIMAL(38, 4)), CAST(0 AS DECIMAL(38, 4)), CAST(0 AS DECIMAL(38, 4)),
      ${sums:Agreement Hours}
    FROM ${from:agreementWork}
    GROUP BY AgreementKey
  ) AS parts
  GROUP BY AgreementKey
) AS h
JOIN gold.dimagreement AS a ON a.AgreementKey = h.AgreementKey
WHERE "Agreement Revenue" <> 0 OR "Agreement Direct Cost" <> 0 OR "Addition Cost" <> 0 OR "Agreement Hours" <> 0
ORDER BY "Agreement Profit" DESC, agreement, a.agreementId
