//! What a `usage` object says, in the dialects of the servers.

use crate::base::model::Usage;
use serde_json::Value;

/// Takes what a `usage` object says into what is known. Some servers count along with every chunk, and some send zeros
/// before or after the truth: counts only grow, so the largest is right.
pub fn learn(known: &mut Usage, usage: &Value) {
    let seen = read(usage);
    known.input = known.input.max(seen.input);
    known.cached = known.cached.max(seen.cached);
    known.cache_written = known.cache_written.max(seen.cache_written);
    known.output = known.output.max(seen.output);
    known.reasoning = known.reasoning.max(seen.reasoning);
}

fn read(usage: &Value) -> Usage {
    let first = |paths: &[&str]| paths.iter().map(|path| count(usage, path)).find(|count| *count > 0).unwrap_or(0);
    let mut tokens = Usage {
        input: count(usage, "/prompt_tokens"),
        // OpenAI and most; DeepSeek; Moonshot; LiteLLM.
        cached: first(&[
            "/prompt_tokens_details/cached_tokens",
            "/prompt_cache_hit_tokens",
            "/cached_tokens",
            "/cache_read_input_tokens",
        ]),
        cache_written: first(&["/prompt_tokens_details/cache_write_tokens", "/cache_creation_input_tokens"]),
        output: count(usage, "/completion_tokens"),
        reasoning: first(&["/completion_tokens_details/reasoning_tokens", "/reasoning_tokens"]),
    };
    // xAI counts reasoning beside `completion_tokens` and only `total_tokens` holds both; Google does the same and does
    // not even say how much of it was reasoning. Both bill it as output. A rest that is as large as the cache is no
    // reasoning but a proxy that left the cached tokens out of `prompt_tokens`.
    let rest = count(usage, "/total_tokens").saturating_sub(tokens.input.saturating_add(tokens.output));
    if rest == tokens.reasoning || (tokens.reasoning == 0 && rest != tokens.cached + tokens.cache_written) {
        tokens.output = tokens.output.saturating_add(rest);
        tokens.reasoning = rest;
    }
    tokens
}

/// The count at a JSON pointer; zero where there is none. Some servers write it as a float.
fn count(usage: &Value, path: &str) -> u64 {
    let Some(value) = usage.pointer(path) else { return 0 };
    value.as_u64().or_else(|| value.as_f64().map(|float| float as u64)).unwrap_or(0)
}
