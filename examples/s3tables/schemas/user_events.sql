/* One row per event. An event has an instant, so its time keeps the zone;
   what a client sends along lies in a map and in a struct. */
CREATE TABLE user_events (
    event_id char(36) NOT NULL,
    user_id string NOT NULL,
    event_type varchar(64) NOT NULL,
    occurred_at timestamptz NOT NULL,
    session_id string,
    attributes map<string, string>,
    device struct<
        model: string,
        os: string COMMENT 'Name and version',
        screen: struct<width: int, height: int>
    >,
    tags array<string NOT NULL>,
    PRIMARY KEY (event_id)
)
PARTITIONED BY (day(occurred_at), bucket(8, user_id));
