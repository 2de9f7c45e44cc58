"""Many questions asked at once: read, varied, answered from one snapshot of the index, compared, put into tables.

``running`` alone knows who does the work (Dask), and nothing of resolution; ``tables`` alone knows how results lie on
disk (Parquet), ``querying`` alone the language they are asked in (DuckDB). What one question means is answered by
``inquiry`` and ``cases``, as for a single one; no rule of a resolver and no finding is made here.
"""
