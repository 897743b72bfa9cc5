"""Viewers by hour and kind of device, what was to be expected of that hour, and which hours are unusual.

The expectation is seasonal and knows only what came before: the median of the same hour of the week in the
last eight weeks or, while there are less than three of them, of the same hour of the day. The interval comes
from the errors that these expectations have made so far, by their median, so that a few unusual hours widen
nothing.

Counts vary with their size. So all of it happens on the scale of Anscombe's square root, 2 sqrt(n + 3/8),
where a Poisson count of any size has a standard deviation near 1; the expected numbers are taken back from
there.

The functions are plain pandas and numpy and know nothing of Spark: tests/unit/dbt/models loads this file.
"""

import numpy as np
import pandas as pd

# What an expectation may look back on: eight of each hour of the week.
WINDOW_HOURS = 8 * 7 * 24
# Fewer values than this have no median worth the name.
LEAST_VALUES = 3
# Errors of one day; with fewer an interval would be a guess.
LEAST_ERRORS = 24
# The least spread of a count is that of pure chance, 1 on this scale; a flat history doesn't make it less.
LEAST_SPREAD = 1.0
# Standard deviations to each side: 3 in 1,000 hours of a normal error are outside.
WIDTH = 3.0
# Median absolute error to standard deviation, of a normal error.
NORMAL = 1.4826
# Longest history that is rebuilt, in days before the newest arrival. Also keeps a stray event of decades ago
# from adding decades of empty hours.
HISTORY_DAYS = 400

COLUMNS = [
    "event_date",
    "event_hour",
    "device_type",
    "viewers",
    "playback_starts",
    "baseline",
    "expected_viewers",
    "lowest_usual_viewers",
    "highest_usual_viewers",
    "is_unusual",
]


def stabilised(counts):
    """Counts on the scale on which chance has a standard deviation near 1 (Anscombe 1948)."""
    return 2.0 * np.sqrt(np.asarray(counts, dtype="float64") + 0.375)


def counts_of(values):
    """The inverse of `stabilised`; what would be less than no viewer is none."""
    return np.maximum(np.square(np.maximum(values, 0.0) / 2.0) - 0.375, 0.0)


def seasonal_expectation(values, hours_of_week):
    """What each hour was to be expected to have, from the hours before it.

    values: stabilised counts of consecutive hours. hours_of_week: 0 to 167 for each.
    Returns the expectations (NaN where the history is too short) and for each the baseline that it stands on:
    "hour_of_week", "hour_of_day" or None.
    """
    expected = np.full(len(values), np.nan)
    baselines = np.full(len(values), None, dtype="object")
    for hour in range(len(values)):
        first = max(0, hour - WINDOW_HOURS)
        before, weekly = values[first:hour], hours_of_week[first:hour]
        for name, same in (
            ("hour_of_week", weekly == hours_of_week[hour]),
            ("hour_of_day", weekly % 24 == hours_of_week[hour] % 24),
        ):
            if np.count_nonzero(same) >= LEAST_VALUES:
                expected[hour], baselines[hour] = np.median(before[same]), name
                break
    return expected, baselines


def spread_of_errors(values, expected):
    """The standard deviation of the errors made before each hour, robustly; NaN where there are too few."""
    errors = np.abs(values - expected)
    spread = np.full(len(values), np.nan)
    for hour in range(len(values)):
        made = errors[max(0, hour - WINDOW_HOURS) : hour]
        made = made[~np.isnan(made)]
        if len(made) >= LEAST_ERRORS:
            spread[hour] = max(NORMAL * np.median(made), LEAST_SPREAD)
    return spread


def demand_of_series(series):
    """One kind of device's hours with their expectation.

    series: consecutive hours in order, with event_date, event_hour, viewers.
    """
    values = stabilised(series["viewers"])
    days = pd.to_datetime(series["event_date"])
    hours_of_week = (days.dt.dayofweek * 24 + series["event_hour"]).to_numpy()
    expected, baselines = seasonal_expectation(values, hours_of_week)
    reach = WIDTH * spread_of_errors(values, expected)
    low, high = counts_of(expected - reach), counts_of(expected + reach)
    viewers = series["viewers"].to_numpy()
    unusual = pd.Series((viewers < low) | (viewers > high), index=series.index, dtype="object")
    return series.assign(
        baseline=baselines,
        expected_viewers=counts_of(expected),
        lowest_usual_viewers=low,
        highest_usual_viewers=high,
        is_unusual=unusual.where(~np.isnan(reach), None),
    )


def with_empty_hours(counted):
    """All hours between the first and the last, for each kind of device; those without an event have zeros.

    counted: event_date, event_hour, device_type, viewers, playback_starts; one row per hour and device type
    that has events.
    """
    if counted.empty:
        return counted
    hours = pd.to_datetime(counted["event_date"]) + pd.to_timedelta(counted["event_hour"], unit="h")
    every_hour = pd.date_range(hours.min(), hours.max(), freq=pd.Timedelta(hours=1))
    grid = pd.MultiIndex.from_product(
        [sorted(counted["device_type"].unique()), every_hour], names=["device_type", "hour"]
    )
    filled = counted.assign(hour=hours).set_index(["device_type", "hour"])[["viewers", "playback_starts"]]
    filled = filled.reindex(grid, fill_value=0).reset_index()
    return filled.assign(event_date=filled["hour"].dt.date, event_hour=filled["hour"].dt.hour).drop(
        columns="hour"
    )


def viewer_demand(counted):
    """The model's rows; see `with_empty_hours` for the argument, COLUMNS for the result."""
    filled = with_empty_hours(counted)
    if filled.empty:
        return pd.DataFrame(columns=COLUMNS)
    series = [demand_of_series(one) for _, one in filled.groupby("device_type", sort=True)]
    return pd.concat(series, ignore_index=True)[COLUMNS]


def rows_of(demand):
    """The rows as Python values, with None for what is not known: Spark takes NaN for a number."""
    return [
        (
            row.event_date,
            int(row.event_hour),
            row.device_type,
            int(row.viewers),
            int(row.playback_starts),
            row.baseline,
            *(
                None if pd.isna(value) else float(value)
                for value in (row.expected_viewers, row.lowest_usual_viewers, row.highest_usual_viewers)
            ),
            None if row.is_unusual is None else bool(row.is_unusual),
        )
        for row in demand.itertuples(index=False)
    ]


SCHEMA = (
    "event_date date, event_hour int, device_type string, viewers bigint, playback_starts bigint, "
    "baseline string, expected_viewers double, lowest_usual_viewers double, highest_usual_viewers double, "
    "is_unusual boolean"
)


def model(dbt, session):
    dbt.config(
        materialized="table",
        partitioned_by=["day(event_date)"],
        # Iceberg before 1.4 reads a timestamp without a zone only when it is told to (Athena has 1.2).
        engine_config={"SparkProperties": {"spark.sql.iceberg.handle-timestamp-without-timezone": "true"}},
    )
    events = dbt.ref("fct_playback_events")
    events.createOrReplaceTempView("viewer_demand_events")
    counted = session.sql(
        f"""
        select
            event_date,
            hour(event_timestamp) as event_hour,
            coalesce(device_type, 'unknown') as device_type,
            count(distinct customer_id) as viewers,
            count_if(event_type = 'start') as playback_starts
        from viewer_demand_events
        where event_date > date_sub((select max(_load_date) from viewer_demand_events), {HISTORY_DAYS})
            and event_date <= (select max(_load_date) from viewer_demand_events)
        group by 1, 2, 3
        """
    ).toPandas()
    return session.createDataFrame(rows_of(viewer_demand(counted)), SCHEMA)
