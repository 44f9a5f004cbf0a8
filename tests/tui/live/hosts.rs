//! Hosts that a command wants to reach, asked for on the screen.

use super::*;

/// Asks the proxy of the jail for a tunnel to a port of this machine where nobody listens, and says how it answers.
const CONNECT: &str = "port=${HTTP_PROXY##*:}\nexec 3<>/dev/tcp/127.0.0.1/${port%/}\n\
    printf 'CONNECT 127.0.0.1:9 HTTP/1.1\\r\\n\\r\\n' >&3\nread -r answer <&3\necho \"$answer\"\n";

#[test]
fn a_yes_to_a_host_holds_as_far_as_it_was_said() {
    let steps = ["first", "second", "third", "fourth"].map(|name| shell(&format!("bash connect.sh {name}")));
    let project = project(steps.into_iter().chain([Reply::text("Tried it.").into()]).collect());
    let project = project.file("connect.sh", CONNECT);
    let explained = project.agent(&["sandbox", "explain", "--json"]).stdout;
    if !explained.starts_with("{\"backend\":\"namespaces\"") {
        eprintln!("skipped: a list of hosts needs namespaces");
        return;
    }
    let mut screen = start(&project, &["--net", "ask"]);
    let asks = |screen: &Screen, words: [&str; 2]| {
        let text = screen.text();
        text.contains("view all") && words.iter().all(|words| text.contains(words))
    };
    screen.keys("connect\r").wait("nothing is asked", |screen| asks(screen, ["connect.sh first", "127.0.0.1:9"]));
    let private = ["connect.sh second", "its address is private"];
    screen.answer("p").wait("a yes to the name opens a private address", |screen| asks(screen, private));
    screen
        .answer("y")
        .wait("once holds for longer", |screen| asks(screen, ["connect.sh fourth", "its address is private"]));
    screen.answer("n").wait_for("Tried it.");
    screen.wait_for(DONE);
    let log = log(&project);
    assert_eq!(log.matches("HTTP/1.1 502").count(), 1, "the third command alone got through: {log}");
    assert_eq!(log.matches("HTTP/1.1 403").count(), 3, "{log}");
    assert_eq!(log.matches("\"type\":\"asked\"").count(), 3, "{log}");
    // The yes for the project holds from the start of the next session: only the address is asked for.
    project.model_server().push(Reply::call("shell", json!({"command": "bash connect.sh fifth"})));
    project.model_server().push(Reply::text("Tried again."));
    screen.keys("/new\r").wait_for("a new session");
    screen
        .keys("again\r")
        .wait("the project's yes is forgotten", |screen| asks(screen, ["connect.sh fifth", "its address is private"]));
    screen.answer("n").wait_for("Tried again.");
}
