//! Which role a scope of a syntax has. Scopes are names with dots, from the general to the special; the longest row that begins one counts.

use crate::tui::theme::Role;
use syntect::parsing::Scope;

/// Beginning of a scope, and its role. Scopes without a row take the role of the scope around them.
const ROLES: &[(&str, Role)] = &[
    ("comment", Role::Dim),
    ("constant", Role::Literal),
    ("constant.other.placeholder", Role::Keyword),
    ("entity.name", Role::Name),
    ("entity.name.tag", Role::Keyword),
    ("entity.other.attribute-name", Role::Name),
    ("entity.other.inherited-class", Role::Name),
    ("keyword", Role::Keyword),
    ("keyword.operator", Role::Text),
    ("keyword.operator.logical.python", Role::Keyword),
    ("keyword.operator.word", Role::Keyword),
    ("markup.deleted", Role::Removed),
    ("markup.heading", Role::Heading),
    ("markup.inserted", Role::Added),
    ("markup.raw", Role::Code),
    ("meta.diff.header", Role::Dim),
    ("meta.diff.range", Role::Accent),
    ("meta.interpolation", Role::Text),
    ("meta.template.expression", Role::Text),
    ("storage", Role::Keyword),
    ("string", Role::Literal),
    ("support", Role::Name),
    ("support.type.property-name", Role::Text),
    ("support.constant", Role::Literal),
    ("variable.annotation", Role::Name),
    ("variable.function", Role::Name),
    ("variable.language", Role::Keyword),
];

/// The table, ready to be asked.
pub(super) fn table() -> Vec<(Scope, Role)> {
    ROLES.iter().filter_map(|(name, role)| Some((Scope::new(name).ok()?, *role))).collect()
}

pub(super) fn role(table: &[(Scope, Role)], scope: Scope) -> Option<Role> {
    let rows = table.iter().filter(|(beginning, _)| beginning.is_prefix_of(scope));
    rows.max_by_key(|(beginning, _)| beginning.len()).map(|(_, role)| *role)
}
