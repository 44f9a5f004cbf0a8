//! What is written for a shell, as it is said on the screen.

use agent::tui::here::here;

#[test]
fn ways_out_are_those_of_the_screen() {
    for (there, said) in [
        ("done: 1 path; `agent redo` takes it back", "done: 1 path; /redo takes it back"),
        ("so `agent undo` cannot undo this run", "so /undo cannot undo this run"),
        ("`agent undo --list` shows all", "`agent undo --list` shows all"),
        (
            "check the key of `x`: `agent doctor` shows where it comes from",
            "check the key of `x`: /doctor shows where it comes from",
        ),
        ("`agent login` stores a key, `agent login openai` another", "/login stores a key, /login openai another"),
        (
            "agent login anthropic, or export ANTHROPIC_API_KEY=…, or pass --key-file PATH, or choose another model with -m",
            "/login anthropic, or export ANTHROPIC_API_KEY=…, or choose another model with /model",
        ),
        (
            "try again later with --continue, or choose another model with -m",
            "try again later, or choose another model with /model",
        ),
        (
            "give more with -c budget.day=…, and go on with --continue; `agent cost` shows what was spent",
            "give more with -c budget.day=… after `agent resume`; /cost shows what was spent",
        ),
        ("give more with --max-cost and go on with --continue", "give more with `agent resume -c limits.max_cost=…`"),
        ("say what it should do instead, with --continue", "say what it should do instead"),
        ("a half `agent undo", "a half `agent undo"),
        ("`agent models` lists the models that are known", "/model lists the models that are known"),
    ] {
        assert_eq!(here(there), said);
        assert_eq!(here(said), said, "said twice it is the same");
    }
}
