//! Days and moments.

use crate::face::{Face, Last};

impl Face {
    pub(in crate::face) fn date(&mut self) {
        let name = self.name.clone();
        self.kind = "date";
        self.copies = true;
        self.ty = "Date".to_owned();
        self.column("", "Date", "date");
        self.key = format!("Key::Date(self.{name})");
        if self.optional {
            // Days since the epoch: there is no date before and none behind every other.
            let days = format!("{name} - DATE '1970-01-01'");
            let key = |other: &str| format!("Key::Int(self.{name}.map_or({other}, |day| day.to_epoch_days().into()))");
            self.last = Some(Last {
                up_sql: format!("coalesce(({days})::bigint, 2147483647)"),
                up_key: key("2_147_483_647"),
                down_sql: format!("coalesce(({days})::bigint, -2147483648)"),
                down_key: key("-2_147_483_648"),
            });
        }
        self.generated = vec!["DATE '2030-01-01' + (n % 100)::integer".to_owned()];
        let json = |day: &str| format!("\"2030-01-{day}\"");
        self.samples(["day(1)".to_owned(), "day(2)".to_owned()], [json("01"), json("02"), json("09")]);
        self.numbers("day(1 + number % 4)".to_owned(), "format!(\"2030-01-0{}\", 1 + number % 4)".to_owned());
        self.vary = Some("format!(\"2031-{:02}-{:02}\", 1 + number / 28, 1 + number % 28)".to_owned());
        self.example = "2030-01-01".to_owned();
        self.refuses(
            ["\"tomorrow\"", "\"2030-02-30\"", "\"2030-1-1\"", "\"2030-01-01T00:00:00Z\"", "0"].map(str::to_owned),
        );
        let bound = ("2030-01-02".to_owned(), "\"2030-01-02\"".to_owned());
        self.range("Date", &format!("{name}\"].as_str()"), &[bound.clone(), bound]);
        self.filter_of_pattern = self.plain_pattern();
        self.refuses_bounds("today", "2030-02-30");
    }

    pub(in crate::face) fn moment(&mut self) {
        let name = self.name.clone();
        self.kind = "timestamptz";
        self.copies = true;
        self.ty = "Timestamp".to_owned();
        self.column("", "Timestamp", "timestamptz");
        self.key = format!("Key::Time(self.{name})");
        if self.optional {
            // Beyond the years of RFC 3339 on either side.
            let key = |sign: char, days: &str| {
                format!("Key::Time(self.{name}.unwrap_or(Timestamp::UNIX_EPOCH {sign} TimeDelta::days({days})))")
            };
            self.last = Some(Last {
                up_sql: format!("coalesce({name}, TIMESTAMPTZ '10000-01-03 00:00:00+00')"),
                up_key: key('+', "2_932_899"),
                down_sql: format!("coalesce({name}, TIMESTAMPTZ '0002-12-29 00:00:00+00 BC')"),
                down_key: key('-', "719_531"),
            });
        }
        self.generated = vec!["now() + n % 100 * interval '1 hour'".to_owned()];
        let json = |day: &str| format!("\"2030-01-{day}T20:00:00.000000Z\"");
        self.samples(["evening(1)".to_owned(), "evening(2)".to_owned()], [json("01"), json("02"), json("09")]);
        self.numbers(
            "evening(1 + number % 4)".to_owned(),
            "format!(\"2030-01-0{}T20:00:00.000000Z\", 1 + number % 4)".to_owned(),
        );
        self.vary = Some("format!(\"2031-01-01T{:02}:{:02}:00.000000Z\", number / 60, number % 60)".to_owned());
        self.example = "2030-01-01T20:00:00Z".to_owned();
        let refused = ["\"tomorrow\"", "\"2030-01-01\"", "\"2030-01-01 20:00:00Z\"", "\"2030-02-30T20:00:00Z\"", "0"];
        self.refuses(refused.map(str::to_owned));
        let bound = ("2030-01-02T20:00:00Z".to_owned(), "\"2030-01-02T20:00:00.000000Z\"".to_owned());
        self.range("Timestamp", &format!("{name}\"].as_str()"), &[bound.clone(), bound]);
        self.filter_of_pattern = self.plain_pattern();
        self.refuses_bounds("today", "today");
    }

    fn plain_pattern(&self) -> String {
        let name = &self.name;
        if self.optional { format!("pattern.{name}") } else { format!("Some(pattern.{name})") }
    }
}
