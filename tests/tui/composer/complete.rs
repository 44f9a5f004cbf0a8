//! Commands, their arguments, files and symbols.

use super::{composer, press, shown};
use agent::base::desk::Hit;
use agent::tui::commands::COMMANDS;
use agent::tui::composer::{Completion, Composer, Kind, Offer, Said, Wanted};

fn hits(names: &[&str]) -> Vec<Hit> {
    names.iter().map(|name| Hit { text: (*name).to_owned(), detail: String::new(), fits: Vec::new() }).collect()
}

fn offer(composer: &mut Composer, wanted: Wanted, query: &str, names: &[&str]) -> bool {
    composer.offer(Offer { wanted, query: query.to_owned(), hits: hits(names) })
}

fn ask(wanted: Wanted, query: &str) -> Said {
    Said::Ask(Completion { wanted, query: query.to_owned() })
}

#[test]
fn a_file_is_looked_up_and_taken() {
    let mut composer = composer();
    assert_eq!(press(&mut composer, "see @"), ask(Wanted::Files, ""));
    assert_eq!(press(&mut composer, "m"), ask(Wanted::Files, "m"));
    assert!(offer(&mut composer, Wanted::Files, "m", &["src/main.rs", "src/mod.rs"]));
    assert!(composer.is_open());
    assert_eq!(press(&mut composer, "<down><enter>"), Said::Changed);
    assert_eq!(shown(&composer), "see @src/mod.rs |");
    assert!(!composer.is_open());
}

#[test]
fn tab_takes_and_the_list_goes_round() {
    for (script, text) in [("<tab>", "@a |"), ("<up><tab>", "@c |"), ("<down><down><down><tab>", "@a |")] {
        let mut composer = composer();
        press(&mut composer, "@");
        offer(&mut composer, Wanted::Files, "", &["a", "b", "c"]);
        press(&mut composer, script);
        assert_eq!(shown(&composer), text, "{script}");
    }
}

#[test]
fn a_late_answer_to_an_older_query_is_dropped() {
    let mut composer = composer();
    press(&mut composer, "@ma");
    assert!(!offer(&mut composer, Wanted::Files, "m", &["old"]));
    assert!(!offer(&mut composer, Wanted::Symbols, "ma", &["other"]));
    assert!(!composer.is_open());
    assert!(offer(&mut composer, Wanted::Files, "ma", &["main.rs"]));
    press(&mut composer, "x");
    assert!(!composer.is_open(), "what was found does not fit `max`");
    assert!(!offer(&mut composer, Wanted::Files, "ma", &["main.rs"]));
}

#[test]
fn what_was_found_is_narrowed_until_the_answer_is_there() {
    let mut composer = composer();
    press(&mut composer, "@m");
    offer(&mut composer, Wanted::Files, "m", &["mod.rs", "main.rs"]);
    assert_eq!(press(&mut composer, "a"), ask(Wanted::Files, "ma"));
    press(&mut composer, "<tab>");
    assert_eq!(shown(&composer), "@main.rs |");
}

#[test]
fn esc_closes_the_list_and_it_stays_closed_there() {
    let mut composer = composer();
    press(&mut composer, "@m");
    offer(&mut composer, Wanted::Files, "m", &["mod.rs"]);
    assert_eq!(press(&mut composer, "<esc>"), Said::Changed);
    assert!(!composer.is_open());
    assert_eq!(press(&mut composer, "o"), Said::Changed);
    assert_eq!(press(&mut composer, " @"), ask(Wanted::Files, ""));
    assert_eq!(press(&mut composer, "<backspace><backspace>"), ask(Wanted::Files, "mo"), "it was left since");
    offer(&mut composer, Wanted::Files, "mo", &["mod.rs"]);
    press(&mut composer, "<esc>");
    assert_eq!(press(&mut composer, "<tab>"), ask(Wanted::Files, "mo"), "tab opens it again");
}

#[test]
fn where_something_is_completed() {
    let cases = [
        ("@", Some((Wanted::Files, ""))),
        ("(@a", Some((Wanted::Files, "a"))),
        ("one<ctrl-j>@a", Some((Wanted::Files, "a"))),
        ("me@home", None),
        ("@@fold", Some((Wanted::Symbols, "fold"))),
        ("!echo @a", None),
        ("/model ", Some((Wanted::Models, ""))),
        ("/resume fix", Some((Wanted::Sessions, "fix"))),
        ("/effort ", Some((Wanted::Efforts, ""))),
        ("/theme ", Some((Wanted::Themes, ""))),
        ("/login ", Some((Wanted::Providers, ""))),
        ("/compact @a", Some((Wanted::Files, "a"))),
        ("/usr/bin", None),
    ];
    for (script, wanted) in cases {
        let said = press(&mut composer(), script);
        let wanted = wanted.map_or(Said::Changed, |(wanted, query)| ask(wanted, query));
        assert_eq!(said, wanted, "{script}");
    }
}

#[test]
fn the_argument_of_every_command_is_offered() {
    for command in COMMANDS {
        let mut composer = composer();
        let said = press(&mut composer, &format!("/{} ", command.name));
        let offered = matches!(said, Said::Ask(_)) || composer.is_open();
        // What is free words has nothing to be offered.
        let wanted = !command.args.is_empty() && !matches!(command.name, "compact" | "btw");
        assert_eq!(offered, wanted, "/{}", command.name);
    }
}

#[test]
fn a_list_is_asked_once_and_ranked_here() {
    let mut composer = composer();
    assert_eq!(press(&mut composer, "/model "), ask(Wanted::Models, ""));
    assert_eq!(press(&mut composer, "g"), Said::Changed);
    assert!(offer(&mut composer, Wanted::Models, "", &["anthropic/opus", "openai/gpt"]));
    assert_eq!(press(&mut composer, "pt"), Said::Changed);
    let said = press(&mut composer, "<enter>");
    let wanted = Kind::Slash { name: "model".to_owned(), args: "openai/gpt".to_owned() };
    assert!(matches!(said, Said::Send(draft) if draft.kind == wanted));
}

#[test]
fn a_path_with_blanks_is_quoted_and_a_folder_goes_on() {
    let mut composer = composer();
    press(&mut composer, "@");
    offer(&mut composer, Wanted::Files, "", &["my notes.md"]);
    press(&mut composer, "<tab>");
    assert_eq!(shown(&composer), "@\"my notes.md\" |");
    press(&mut composer, "@s");
    offer(&mut composer, Wanted::Files, "s", &["src/"]);
    assert_eq!(press(&mut composer, "<tab>"), ask(Wanted::Files, "src/"));
    assert_eq!(shown(&composer), "@\"my notes.md\" @src/|");
}

#[test]
fn a_symbol_is_put_in_with_its_place() {
    let mut composer = composer();
    press(&mut composer, "why @@fol");
    let hit = Hit { text: "fold".to_owned(), detail: "src/view.rs:12".to_owned(), fits: vec![0, 1, 2] };
    composer.offer(Offer { wanted: Wanted::Symbols, query: "fol".to_owned(), hits: vec![hit] });
    press(&mut composer, "<tab>");
    assert_eq!(shown(&composer), "why fold (src/view.rs:12) |");
}

#[test]
fn commands_complete_and_run() {
    let slash = |name: &str, args: &str| Kind::Slash { name: name.to_owned(), args: args.to_owned() };
    let cases = [
        ("/cos<enter>", Some(slash("cost", ""))),
        ("/quit<enter>", Some(slash("quit", ""))),
        ("/mode<enter>", Some(slash("mode", ""))),
        ("/mode <enter>", Some(slash("mode", ""))),
        ("/mode au<enter>", Some(slash("mode", "auto"))),
        ("/mode <down><enter>", Some(slash("mode", "ask"))),
        ("/export ht<enter>", Some(slash("export", "html"))),
        ("/btw why<enter>", Some(slash("btw", "why"))),
        ("/frobnicate<enter>", Some(slash("frobnicate", ""))),
        ("/compac<enter>", None),
    ];
    for (script, wanted) in cases {
        let mut composer = composer();
        match (press(&mut composer, script), wanted) {
            (Said::Send(draft), Some(wanted)) => assert_eq!(draft.kind, wanted, "{script}"),
            (Said::Changed, None) => assert_eq!(shown(&composer), "/compact |"),
            (said, wanted) => panic!("{script}: {said:?}, not {wanted:?}"),
        }
    }
}

#[test]
fn nothing_opens_over_what_was_not_typed() {
    let mut composer = composer();
    composer.set_history(vec!["see @src".to_owned()]);
    press(&mut composer, "<up>");
    assert!(!composer.is_open());
    composer.set("/cost");
    assert!(!composer.is_open());
    composer.set("");
    composer.paste("@src");
    assert!(!composer.is_open());
}
