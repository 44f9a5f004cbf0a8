//! Vim's keys: normal mode, operators, text objects, visual mode, `.`.

use super::{check, press, shown, vim};
use agent::tui::composer::Said;
use agent::tui::keys::Action;

#[test]
fn motions() {
    check(
        vim,
        &[
            ("hello<esc>", "hell|o"),
            ("hello<esc>h", "hel|lo"),
            ("hello<esc>0l", "h|ello"),
            ("hello<esc>0", "|hello"),
            ("hello<esc>0$", "hell|o"),
            ("  hello<esc>^", "  |hello"),
            ("one two<esc>0w", "one |two"),
            ("one.two three<esc>0w", "one|.two three"),
            ("one.two three<esc>0W", "one.two |three"),
            ("one two three<esc>02w", "one two |three"),
            ("one two<esc>b", "one |two"),
            ("one two<esc>bb", "|one two"),
            ("one.two<esc>B", "|one.two"),
            ("one two<esc>0e", "on|e two"),
            ("one two<esc>0ee", "one tw|o"),
            ("one.a two<esc>0E", "one.|a two"),
            ("one<ctrl-j>two<ctrl-j>three<esc>gg", "|one\ntwo\nthree"),
            ("one<ctrl-j>two<ctrl-j>three<esc>2G", "one\n|two\nthree"),
            ("one<ctrl-j>two<ctrl-j>three<esc>ggG", "one\ntwo\n|three"),
            ("one<ctrl-j>two<esc>k", "on|e\ntwo"),
            ("one<ctrl-j>two<esc>kj", "one\ntw|o"),
            ("a,b,c<esc>0f,", "a|,b,c"),
            ("a,b,c<esc>02f,", "a,b|,c"),
            ("a,b,c<esc>0f,;", "a,b|,c"),
            ("a,b,c<esc>0f,;,", "a|,b,c"),
            ("abc,b<esc>0t,", "ab|c,b"),
            ("a,b,c<esc>F,", "a,b|,c"),
            ("a,b,c<esc>T,", "a,b,|c"),
            ("abc<esc>0fz", "|abc"),
        ],
    );
}

#[test]
fn changes() {
    check(
        vim,
        &[
            ("hello<esc>x", "hel|l"),
            ("hello<esc>02x", "|llo"),
            ("hello<esc>X", "hel|o"),
            ("one two<esc>0D", "|"),
            ("one two<esc>bD", "one| "),
            ("one two<esc>bC1", "one 1|"),
            ("one two<esc>0dw", "|two"),
            ("one two<esc>bdw", "one| "),
            ("one two three<esc>02dw", "|three"),
            ("one two three<esc>0d2w", "|three"),
            ("one two<esc>0de", "| two"),
            ("one two<esc>db", "one |o"),
            ("one two<esc>0d$", "|"),
            ("one two<esc>d0", "|o"),
            ("one two<esc>0cwtwo", "two| two"),
            ("one two<esc>0c2wx", "x|"),
            ("a(b)c<esc>0df(", "|b)c"),
            ("a(b)c<esc>0dt(", "|(b)c"),
            ("abc<esc>0rx", "|xbc"),
            ("abc<esc>02rx", "x|xc"),
            ("abc<esc>05rx", "|abc"),
            ("abc<esc>0~", "A|bc"),
            ("abc<esc>0sx", "x|bc"),
            ("abc<esc>Sx", "x|"),
            ("abc<esc>Ix", "x|abc"),
            ("abc<esc>0Ax", "abcx|"),
            ("abc<esc>0ix", "x|abc"),
            ("abc<esc>0ax", "ax|bc"),
            ("one<esc>otwo", "one\ntwo|"),
            ("one<esc>Otwo", "two|\none"),
            ("one<ctrl-j>two<esc>kJ", "one| two"),
        ],
    );
}

#[test]
fn lines_and_what_was_cut() {
    check(
        vim,
        &[
            ("one<ctrl-j>two<ctrl-j>three<esc>kdd", "one\n|three"),
            ("one<ctrl-j>two<ctrl-j>three<esc>dd", "one\n|two"),
            ("one<esc>dd", "|"),
            ("one<ctrl-j>two<ctrl-j>three<esc>gg2dd", "|three"),
            ("one<ctrl-j>two<ctrl-j>three<esc>kdj", "|one"),
            ("one<ctrl-j>two<ctrl-j>three<esc>dgg", "|"),
            ("one<ctrl-j>two<esc>ggdG", "|"),
            ("one<ctrl-j>two<esc>ccx", "one\nx|"),
            ("one<ctrl-j>two<esc>ggddp", "two\n|one"),
            ("one<ctrl-j>two<esc>ddP", "|two\none"),
            ("one<esc>yyp", "one\n|one"),
            ("one<esc>yy2p", "one\n|one\none"),
            ("one<esc>Yp", "one\n|one"),
            ("one two<esc>0dwp", "tone| wo"),
            ("one two<esc>0ywP", "one| one two"),
            ("ab<esc>0xp", "b|a"),
            ("ab<esc>0xu", "|ab"),
        ],
    );
}

#[test]
fn text_objects() {
    check(
        vim,
        &[
            ("one two three<esc>bhhdiw", "one | three"),
            ("one two three<esc>bhhdaw", "one |three"),
            ("one two<esc>daw", "on|e"),
            ("one two<esc>ciwx", "one x|"),
            ("say \"hi there\" now<esc>0ci\"x", "say \"x|\" now"),
            ("say \"hi there\" now<esc>0da\"", "say | now"),
            ("say 'hi' now<esc>0di'", "say '|' now"),
            ("f(a, b)<esc>hhdi(", "f(|)"),
            ("f(a, (b))<esc>0ldi(", "f(|)"),
            ("f(a, (b))<esc>di(", "f(|)"),
            ("x[1]<esc>hda[", "|x"),
            ("{a}<esc>0ci{b", "{b|}"),
            ("nothing<esc>di(", "nothin|g"),
        ],
    );
}

#[test]
fn undo_redo_and_again() {
    check(
        vim,
        &[
            ("one two<esc>u", "|"),
            ("one two<esc>u<ctrl-r>", "one tw|o"),
            ("one two three<esc>0dw.", "|three"),
            ("one two three<esc>0dwu", "|one two three"),
            ("a b c<esc>0cwx<esc>w.", "x |x c"),
            ("abc<esc>0x..", "|"),
            ("a<esc>ob<esc>.", "a\nb\n|b"),
            ("abc<esc>0rxl.", "x|xc"),
            ("abcd<esc>02x.u", "|cd"),
            ("one<esc>ddu", "on|e"),
        ],
    );
}

#[test]
fn visual_mode() {
    check(
        vim,
        &[
            ("hello<esc>0vld", "|llo"),
            ("hello<esc>0vlcx", "x|llo"),
            ("one two<esc>0vey$p", "one twoon|e"),
            ("one<ctrl-j>two<ctrl-j>three<esc>ggVjd", "|three"),
            ("one two three<esc>bhhviwd", "one | three"),
            ("hello<esc>0vlrx", "|xxllo"),
            ("hello<esc>0vl~", "|HEllo"),
            ("hello<esc>0v<esc>x", "|ello"),
            ("hello<esc>0vllod", "|lo"),
        ],
    );
}

#[test]
fn esc_interrupts_from_normal_mode_only() {
    let mut composer = vim();
    assert_eq!(press(&mut composer, "ab<esc>"), Said::Changed);
    assert_eq!(composer.vim_mode(), Some("normal"));
    assert_eq!(press(&mut composer, "d<esc>"), Said::Changed, "leaves what is pending");
    assert_eq!(press(&mut composer, "v<esc>"), Said::Changed, "leaves visual mode");
    assert_eq!(press(&mut composer, "<esc>"), Said::Action(Action::Interrupt));
    assert_eq!(shown(&composer), "a|b");
}

#[test]
fn sending_begins_to_insert_again() {
    let mut composer = vim();
    let said = press(&mut composer, "ab<esc><enter>");
    assert!(matches!(said, Said::Send(draft) if draft.text == "ab"));
    assert_eq!(composer.vim_mode(), Some("insert"));
}

#[test]
fn normal_mode_walks_the_history_at_its_rows() {
    let mut composer = vim();
    composer.set_history(vec!["new".to_owned(), "old".to_owned()]);
    press(&mut composer, "x<esc>kk");
    assert_eq!(shown(&composer), "ol|d");
    press(&mut composer, "j");
    assert_eq!(shown(&composer), "ne|w");
    press(&mut composer, "j");
    assert_eq!(shown(&composer), "|x");
}
