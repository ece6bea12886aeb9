//! In which order events may come.

use janua_vocabulary::Event;

/// The rules of [`Event`], kept while a connection goes on.
#[derive(Debug, Default)]
pub struct Order {
    /// A request was handed over and its body has not ended.
    pub in_body: bool,
    /// A request was handed over and its response has not ended.
    pub responding: bool,
    /// The peer's side was closed.
    pub closed: bool,
    failed: bool,
    quiet: u32,
}

impl Order {
    /// Checks that `event` may come now.
    pub fn event(&mut self, event: &Event<'_>) {
        if self.failed {
            assert!(matches!(event, Event::NeedBytes | Event::Closed), "{event:?} after an error");
        }
        match event {
            Event::NeedBytes => assert!(!self.closed, "bytes are wanted after the end"),
            Event::Request(_) => {
                assert!(!self.in_body, "a request before the body of the last one ended");
                assert!(!self.responding, "a request before the last one was answered");
                self.in_body = true;
                self.responding = true;
            }
            Event::Body(piece) => {
                assert!(self.in_body, "a body without a request");
                assert!(!piece.is_empty(), "an empty piece of a body");
            }
            Event::SecondStream => assert!(self.in_body, "a second stream without a first"),
            Event::Shared(_) => panic!("connections are not shared here"),
            Event::BodyEnd => {
                assert!(self.in_body, "the end of a body that had ended or never began");
                self.in_body = false;
            }
            Event::Aborted => {
                assert!(self.responding, "nothing is there to be given up");
                self.in_body = false;
            }
            Event::Reply(bytes) => assert!(!bytes.is_empty(), "an empty reply"),
            Event::Closed => {}
        }
    }

    /// Notes that `poll` gave an error.
    pub fn error(&mut self) {
        assert!(!self.failed, "an error after an error");
        self.failed = true;
        self.in_body = false;
    }

    /// True after an error.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Notes that something was asked that took no bytes; too often means that it would never end.
    pub fn asked(&mut self, available: usize) {
        self.quiet += 1;
        assert!(self.quiet as usize <= 4 * available + 5_000, "the codec is asked for ever");
    }
}
