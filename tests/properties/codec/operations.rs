//! Peer and owner do what they may do, in any order.

use super::{Answered, Bound, End, Order, Story, Wire};
use crate::Input;
use janua_vocabulary::{Codec, Event, Head, Limits, PeerError};

/// How many operations one case may have.
const MOST: u32 = 200;

/// Carries out the operations that `input` chooses, twice: the second time the connection is told after every
/// operation that it is idle and gets memory in which others left something, which must not make a difference. `wires` are two of the same kind, since phrases may
/// have a memory.
pub(crate) fn operations<W: Wire>(input: &Input<'_>, wires: [W; 2]) {
    let [mut plain, mut idle] = wires;
    let one = Case::run(input.clone(), &mut plain, false);
    plain.check(&one.story);
    let other = Case::run(input.clone(), &mut idle, true);
    assert_eq!(one.said, other.said, "being idle changed the events");
    assert_eq!(one.story.out, other.story.out, "being idle changed what was sent");
}

/// What was said, without the bodies' cuts.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Request(usize),
    Body(usize),
    SecondStream,
    BodyEnd,
    Aborted,
    Closed,
    Failed(PeerError),
}

struct Case {
    codec: Box<dyn Codec>,
    bound: Bound,
    order: Order,
    /// On its way from the peer.
    socket: Vec<u8>,
    /// How much of `socket` was read.
    read: usize,
    said: Vec<Said>,
    story: Story,
    room_may_be_empty: bool,
    holds_what_is_sent_ahead: bool,
    /// Bodies are read past the codec where that is allowed.
    direct: bool,
    /// The peer gave the last request up.
    given_up: bool,
    /// The peer has sent all that it will send.
    hung_up: bool,
    /// The codec has said that nothing more will be understood.
    ended: bool,
}

impl Case {
    fn run(mut input: Input<'_>, wire: &mut impl Wire, idle: bool) -> Self {
        let choice = input.byte();
        let limits = match choice % 4 {
            3 => Limits { params_bytes: 300, params: 12, ..Limits::default() },
            _ => Limits { params_bytes: 80_000, params: 100, ..Limits::default() },
        };
        let codec = wire.codec(limits);
        let mut case = Self {
            bound: Bound::new(limits),
            codec,
            order: Order::default(),
            socket: Vec::new(),
            read: 0,
            said: Vec::new(),
            story: Story::default(),
            room_may_be_empty: wire.room_may_be_empty(),
            holds_what_is_sent_ahead: wire.holds_what_is_sent_ahead(),
            direct: choice & 4 != 0,
            given_up: false,
            hung_up: false,
            ended: false,
        };
        let mut steps = 0;
        while !input.is_empty() && steps < MOST {
            steps += 1;
            case.step(&mut input, wire);
            if idle {
                case.idle();
            }
            case.ask();
        }
        case.settle();
        case
    }

    fn step(&mut self, input: &mut Input<'_>, wire: &mut impl Wire) {
        match input.byte() % 16 {
            0..=4 => {
                let sent = self.socket.len();
                wire.phrase(input, &mut self.socket);
                if self.hung_up {
                    self.socket.truncate(sent);
                }
            }
            5 => self.receive(usize::from(input.byte())),
            6 | 7 => self.receive(usize::MAX),
            8 => drop(self.poll()),
            9 | 10 => self.respond(input),
            11 | 12 => self.send(&input.block()),
            13 => self.log(input.take(40)),
            14 => match input.byte() % 4 {
                0 => self.truncate(),
                _ => self.finish(),
            },
            _ => match input.byte() % 8 {
                0 => self.close(),
                1 => self.idle(),
                _ => self.finish(),
            },
        }
    }

    /// Reads up to `most` bytes and listens to what they mean.
    fn receive(&mut self, most: usize) {
        let end = self.read.saturating_add(most).min(self.socket.len());
        loop {
            self.listen();
            let waits = self.holds_what_is_sent_ahead && self.order.responding && !self.order.in_body;
            if waits || self.ended {
                return;
            }
            let unread = &self.socket[self.read..end];
            let past = if self.direct { self.codec.direct().min(unread.len()) } else { 0 };
            if past > 0 {
                self.order.event(&Event::Body(&unread[..past]));
                body(&mut self.said, past);
                self.codec.passed(past);
                self.read += past;
                continue;
            }
            if unread.is_empty() {
                if self.hung_up && end == self.socket.len() && !self.order.closed {
                    self.codec.closed();
                    self.order.closed = true;
                    self.listen();
                }
                return;
            }
            let space = self.codec.space();
            if space.is_empty() {
                assert!(self.room_may_be_empty, "there is no room to read into");
                return;
            }
            let count = space.len().min(unread.len());
            space[..count].copy_from_slice(&unread[..count]);
            self.codec.filled(count);
            self.read += count;
        }
    }

    fn listen(&mut self) {
        while self.poll() {}
    }

    /// Asks once. False if nothing follows before something happens.
    fn poll(&mut self) -> bool {
        self.order.asked(self.socket.len());
        let event = match self.codec.poll() {
            Ok(event) => event,
            Err(error) => {
                let Order { responding, in_body, .. } = self.order;
                self.order.error();
                // A request that is refused gets an answer. One whose body broke goes on with its own, or had it.
                if error.answer.status().is_some() && !responding && !in_body {
                    self.order.responding = true;
                    self.story.answers.push(Answered::to(b""));
                }
                self.said.push(Said::Failed(error));
                return true;
            }
        };
        self.order.event(&event);
        match event {
            Event::NeedBytes => return false,
            Event::Closed => {
                self.ended = true;
                if self.said.last() != Some(&Said::Closed) {
                    self.said.push(Said::Closed);
                }
                return false;
            }
            Event::Request(request) => {
                self.given_up = false;
                self.said.push(Said::Request(request.params.len()));
                let method = request.params.get(b"REQUEST_METHOD").unwrap_or_default().to_vec();
                self.story.answers.push(Answered::to(&method));
            }
            Event::Body(piece) => body(&mut self.said, piece.len()),
            Event::SecondStream => self.said.push(Said::SecondStream),
            Event::Shared(_) => unreachable!("connections are not shared here"),
            Event::BodyEnd => self.said.push(Said::BodyEnd),
            Event::Aborted => {
                self.given_up = true;
                self.said.push(Said::Aborted);
            }
            Event::Reply(bytes) => self.story.out.extend_from_slice(&bytes),
        }
        true
    }

    /// The response that can go on, if there is one.
    fn answer(&mut self) -> Option<&mut Answered> {
        let open = self.order.responding;
        self.story.answers.last_mut().filter(|_| open)
    }

    fn respond(&mut self, input: &mut Input<'_>) {
        let choice = input.byte();
        let Some(answer) = self.answer().filter(|answer| !answer.begun) else { return };
        let status: &[u8] = match choice % 8 {
            0 => b"204 No Content",
            1 => b"304 Not Modified",
            2 => b"404 ",
            _ => b"200 OK",
        };
        let length = (choice & 0x30 == 0x10).then_some(u64::from(choice >> 6) * 20);
        answer.begun = true;
        answer.bodiless = answer.method == b"HEAD" || matches!(choice % 8, 0 | 1);
        answer.status = status.to_vec();
        answer.length = length.filter(|_| !choice.is_multiple_of(8));
        answer.fields = match choice & 0x3f {
            0x2f => [b"X-Large: ", &vec![b'x'; 70_000][..], b"\r\n"].concat(),
            _ => b"Content-Type: text/plain\r\n".to_vec(),
        };
        if let Some(length) = answer.length {
            answer.fields.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
        }
        let Some(Answered { status, fields, length, bodiless, .. }) = self.story.answers.last() else {
            return;
        };
        let head = Head { status, fields, length: *length, bodiless: *bodiless };
        self.codec.respond(&head, &mut self.story.out);
    }

    fn send(&mut self, block: &[u8]) {
        let Some(answer) = self.answer().filter(|answer| answer.begun && !answer.bodiless) else { return };
        let room = answer.length.map_or(usize::MAX, |length| length as usize - answer.body.len());
        let mut rest = &block[..block.len().min(room)];
        answer.body.extend_from_slice(rest);
        while !rest.is_empty() {
            let frame = self.codec.frame(rest.len());
            assert!(
                (1..=rest.len()).contains(&frame.take),
                "a frame of {} of {} bytes",
                frame.take,
                rest.len()
            );
            let (now, later) = rest.split_at(frame.take);
            let out = &mut self.story.out;
            [frame.prefix(), now, frame.suffix].iter().for_each(|part| out.extend_from_slice(part));
            rest = later;
        }
    }

    fn log(&mut self, text: &[u8]) {
        if self.answer().is_some()
            && self.codec.log(text, &mut self.story.out)
            && let Some(answer) = self.answer()
        {
            answer.log.extend_from_slice(text);
        }
    }

    fn finish(&mut self) {
        let Some(answer) = self.answer() else { return };
        let short = !answer.bodiless && answer.length.is_some_and(|length| length > answer.body.len() as u64);
        if short || !answer.begun {
            return self.truncate();
        }
        answer.end = End::Finished;
        self.codec.finish(&mut self.story.out);
        self.order.responding = false;
        assert!(!self.codec.reusable() || self.codec.kept(), "reusable but not kept");
    }

    fn truncate(&mut self) {
        let Some(answer) = self.answer() else { return };
        answer.end = End::Truncated;
        self.codec.truncate(&mut self.story.out);
        self.order.responding = false;
        // Who gave the request up needs no break to know that the response is not whole.
        let kept = self.codec.kept() || self.codec.reusable();
        assert!(!kept || self.given_up, "kept after a response that broke off");
    }

    fn close(&mut self) {
        self.hung_up = true;
        self.receive(usize::MAX);
    }

    /// Takes the memory that is not needed and lends it again, full of what another connection might have left there.
    fn idle(&mut self) {
        if let Some(mut room) = self.codec.idle() {
            room.fill(b'0');
            self.codec.lend(room);
        }
    }

    /// Looks at what the codec says of itself.
    fn ask(&mut self) {
        let Order { responding, in_body, .. } = self.order;
        assert!(!(responding && self.codec.reusable()), "reusable while a response is due");
        assert!(!(in_body && self.codec.reusable()), "reusable within a body");
        assert!(!(responding && self.codec.in_head()), "in a head while a response is due");
        assert!(!(self.order.failed() && self.codec.reusable()), "reusable after an error");
        let besides = 2 * (self.socket.capacity() + self.story.out.capacity())
            + self.said.capacity() * size_of::<Said>()
            + self
                .story
                .answers
                .iter()
                .map(|a| 400 + 2 * (a.body.capacity() + a.fields.capacity()))
                .sum::<usize>();
        self.bound.check(besides);
    }

    /// The peer sends the rest and goes; the owner ends what is open.
    fn settle(&mut self) {
        self.close();
        // A case of so many operations cannot have more requests than this.
        for _ in 0..1_000 {
            if !self.order.responding {
                break;
            }
            self.finish();
            self.receive(usize::MAX);
        }
        assert!(self.ended || self.room_may_be_empty, "the end was never told");
    }
}

fn body(said: &mut Vec<Said>, more: usize) {
    match said.last_mut() {
        Some(Said::Body(length)) => *length += more,
        _ => said.push(Said::Body(more)),
    }
}
