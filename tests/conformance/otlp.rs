//! Traces of real runs, as OpenTelemetry's own types read them.

use super::python::{Body, Python};
use crate::net::telemetry::{Collector, busy};

#[test]
fn traces_are_those_of_opentelemetry() {
    let Some(python) = Python::find() else { return };
    for content in ["false", "true"] {
        let collector = Collector::answering("200 OK");
        busy(&collector, &["-c", &format!("telemetry.content={content}")]);
        let bodies: Vec<Body> = collector
            .posts()
            .into_iter()
            .map(|post| Body { name: format!("content {content}"), path: post.path, text: post.body })
            .collect();
        assert_eq!(bodies.len(), 1, "one request a run");
        python.assert_valid("otlp", &bodies);
    }
}
