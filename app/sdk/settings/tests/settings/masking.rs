//! No secret is shown, printed or logged.

use crate::Given;

const SECRETS: [(&str, &str); 5] = [
    ("MARQUEE__WEB__DEBUG_TOKEN", "hunter2-hunter2-hunter2"),
    ("MARQUEE__DB__URL", "postgres://app:hunter2@db:5432/films?sslmode=require"),
    ("MARQUEE__EVENTS__NATS_URL", "nats://hunter2@broker:4222"),
    ("MARQUEE__MAIL__SMTP_URL", "smtps://app:hun/ter@hunter2@relay:465"),
    ("MARQUEE__MEDIA__STORES", "file:///srv/media,s3://key:hunter2@bucket"),
];

#[test]
fn every_key_is_shown_with_its_source_and_no_secret() {
    let loaded = Given::default()
        .arguments(&["--auth.audience", "films", "--set=limits.burst=10"])
        .variables(&SECRETS)
        .variables(&[("MARQUEE__TELEMETRY__SERVICE_NAME", "x://app:hunter2@y")])
        .loaded();
    insta::assert_snapshot!(loaded.table(), @r#"
        env                       "development"                           default
        db.url                    "postgres://app:***@db:5432/films?***"  environment MARQUEE__DB__URL
        db.data_dir               ""                                      default
        db.max_connections        "10"                                    default
        db.min_connections        "10"                                    default
        db.max_lifetime           "30m"                                   default
        db.idle_timeout           "10m"                                   default
        db.acquire_timeout        "1s"                                    default
        db.max_waiters            "200"                                   default
        db.deadline               "3s"                                    default
        web.api_host              "127.0.0.1:3000"                        default
        web.debug_host            "127.0.0.1:3010"                        default
        web.debug_token           "***"                                   environment MARQUEE__WEB__DEBUG_TOKEN
        web.drain                 "5s"                                    default
        web.shutdown              "20s"                                   default
        web.workers               ""                                      default
        web.body_limit            "1MiB"                                  default
        web.body_timeout          "10s"                                   default
        web.header_timeout        "5s"                                    default
        web.keep_alive            "75s"                                   default
        web.max_in_flight         "1024"                                  default
        web.trusted_proxies       []                                      default
        web.cors.allowed_origins  []                                      default
        auth.keys_dir             "zarf/keys"                             default
        auth.issuer               "http://127.0.0.1:3000"                 default
        auth.audience             "films"                                 flag --auth.audience
        auth.access_ttl           "15m"                                   default
        telemetry.log_format      "auto"                                  default
        telemetry.log_filter      "info"                                  default
        telemetry.log_file        ""                                      default
        telemetry.otlp_endpoint   ""                                      default
        telemetry.sample_ratio    "0.05"                                  default
        telemetry.service_name    "x://app:***@y"                         environment MARQUEE__TELEMETRY__SERVICE_NAME
        limits.enabled            "true"                                  default
        limits.per_second         "1000"                                  default
        limits.burst              "10"                                    flag --set limits.burst
        events.nats_url           "nats://***:***@broker:4222"            environment MARQUEE__EVENTS__NATS_URL
        peers.accounts_url        ""                                      default
        peers.deadline            "2s"                                    default
        mail.smtp_url             "smtps://app:***@relay:465"             environment MARQUEE__MAIL__SMTP_URL
        mail.from                 "Marquee <no-reply@marquee.example>"    default
        payments.provider_url     ""                                      default
        payments.provider_key     ""                                      default
        payments.notice_secret    ""                                      default
        media.stores              "file:///srv/media,s3:***@bucket"       environment MARQUEE__MEDIA__STORES
        media.max_size            "2GiB"                                  default
        media.link_lifetime       "1h"                                    default
        media.uploads             "8"                                     default
        media.store_timeout       "10s"                                   default
        live.max_connections      "15000"                                 default
        live.max_per_user         "20"                                    default
        live.max_per_address      "200"                                   default
        live.max_per_topic        "15000"                                 default
        live.topics               "50"                                    default
        live.queue                "256"                                   default
        live.memory               "4096"                                  default
        live.replay               "10000"                                 default
        live.ping                 "25s"                                   default
        live.idle                 "80s"                                   default
        live.max_message          "10KiB"                                 default
        live.messages_per_second  "10"                                    default
        "#);
    let json = loaded.json();
    insta::assert_snapshot!(json[1], @r#"{"key":"db.url","source":"environment MARQUEE__DB__URL","value":"\"postgres://app:***@db:5432/films?***\""}"#);
    assert_eq!(json.as_array().unwrap().len(), settings::keys().len());
    assert!(!json.to_string().contains("hunter2"), "{json}");
    assert!(!format!("{:?}", loaded.settings.db).contains("hunter2"));
    assert!(!format!("{:?} {:?}", loaded.settings.events, loaded.settings.mail).contains("hunter2"));
    assert!(!format!("{:?}", loaded.settings.media).contains("hunter2"));
}

#[test]
fn a_printed_result_of_loading_holds_no_secret() {
    let given = Given::default().arguments(&["--set", "db.url=postgres://app:hunter2@db"]).variables(&SECRETS);
    assert!(!format!("{:?}", given.loaded()).contains("hunter2"));
    assert!(!format!("{:?}", given.sources).contains("hunter2"));
}

#[test]
fn a_fault_shows_no_secret() {
    for (variable, value) in [
        ("MARQUEE__DB__URL", "hunter2"),
        ("MARQUEE__DB__URL", "mysql://app:hunter2@db"),
        ("MARQUEE__MEDIA__STORES", "hunter2"),
        ("MARQUEE__WEB__DEBUG_TOKEN", "hunter2"),
        ("MARQUEE__TELEMETRY__OTLP_ENDPOINT", "http://app:hunter2@collector:4317"),
        ("MARQUEE__AUTH__ISSUER", "ftp://app:hunter2@host"),
    ] {
        let errors = Given::default().variables(&[(variable, value)]).refused();
        assert!(!format!("{errors} {errors:?}").contains("hunter2"), "{errors}");
    }
}
