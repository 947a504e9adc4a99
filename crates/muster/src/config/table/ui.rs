//! The web pages.

use super::super::key::{absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const NO_UI: &str = "there are no web pages yet";
const OFF: &[Fine] = &[Fine::Bool(false)];

pub const KEYS: &[Key] = &[
    absent_unless("ui", Kind::Bool, OFF, NO_UI).flag("ui"),
    harmless("ui_config.content_path", Kind::Text, NO_UI).flag("ui-content-path"),
    harmless("ui_config.dashboard_url_templates", Kind::Map, NO_UI),
    harmless("ui_config.dir", Kind::Text, NO_UI).flag("ui-dir"),
    absent_unless("ui_config.enabled", Kind::Bool, OFF, NO_UI),
    harmless("ui_config.hcp_enabled", Kind::Bool, NO_UI),
    harmless("ui_config.metrics_provider", Kind::Text, NO_UI),
    harmless("ui_config.metrics_provider_files", Kind::List, NO_UI),
    harmless("ui_config.metrics_provider_options_json", Kind::Text, NO_UI),
    harmless("ui_config.metrics_proxy.add_headers", Kind::Items(&["name", "value"]), NO_UI),
    harmless("ui_config.metrics_proxy.base_url", Kind::Text, NO_UI),
    harmless("ui_config.metrics_proxy.path_allowlist", Kind::List, NO_UI),
    harmless("ui_content_path", Kind::Text, NO_UI),
    harmless("ui_dir", Kind::Text, NO_UI),
];
