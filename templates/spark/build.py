# What the statements are written for, and what plans them in seconds: by propagating constraints, Spark would derive
# conditions from each column's expression, and from those conditions others.
SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.sql.constraintPropagation.enabled": "false"}


def fill(statement, parameters):
    """A statement with the run's values in the place of `${name}`."""
    for name, value in parameters.items():
        statement = statement.replace("${" + name + "}", value)
    return statement


def add_columns(spark, table, rows):
    """Gives a stored table the columns that a newer version of its statement has."""
    stored = [column.lower() for column in spark.table(table).columns]
    added = [field for field in rows.schema if field.name.lower() not in stored]
    if added:
        columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in added)
        spark.sql(f"ALTER TABLE {table} ADD COLUMNS ({columns})")


def build(spark, steps, parameters, named=lambda statement: statement):
    """Brings silver and gold up to date with bronze; yields each table with the number of rows that differed.

    The steps are those of order.json, with the text of their files. `named` puts another name in the place of
    `layer.table`, where the lakehouse has no schemas. A table without a difference gets no commit.
    """
    for step in steps:
        create, differing, merge = (named(fill(part, parameters)) for part in step["merge"].split(";\n"))
        table = named(f"{step['layer']}.{step['table']}")
        spark.sql(create)
        # A list that the login may not read has no table.
        if "bronze" in step and not spark.catalog.tableExists(named(f"bronze.{step['bronze']}")):
            continue
        rows = spark.sql(named(fill(step["select"], parameters)))
        add_columns(spark, table, rows)
        rows.createOrReplaceTempView("computed")
        changed = spark.sql(differing).cache()
        count = changed.count()
        if count:
            changed.createOrReplaceTempView("changed")
            spark.sql(merge)
        changed.unpersist()
        yield table, count
