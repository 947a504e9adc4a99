//! A JSON object per event, with the names that Consul's logs have: `@timestamp`, `@level`, `@module`, `@message`.

use std::fmt;

use muster_wire::json::ObjectWriter;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes each event as one line.
pub struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut out = Vec::new();
        let mut object = ObjectWriter::new(&mut out);
        object.string("@timestamp", &time);
        object.string("@level", &event.metadata().level().to_string().to_lowercase());
        object.string("@module", event.metadata().target());
        event.record(&mut Fields(&mut object));
        object.end();
        writeln!(writer, "{}", String::from_utf8_lossy(&out))
    }
}

struct Fields<'a, 'b>(&'a mut ObjectWriter<'b>);

impl Fields<'_, '_> {
    fn put(&mut self, field: &Field, text: &str) {
        let name = if field.name() == "message" { "@message" } else { field.name() };
        self.0.string(name, text);
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, &format!("{value:?}"));
    }
}
