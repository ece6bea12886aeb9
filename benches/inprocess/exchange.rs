//! Carriers of a request that have no socket.

use janua_app::{Block, Exchange, Failure};
use janua_vocabulary::{Codec, Head};
use std::fs::File;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where the answer to a request goes that has no body.
pub(crate) trait Sink: Send + Sync {
    fn head(&self, head: &Head<'_>);
    fn block(&self, block: &[u8]);
    fn end(&self);
}

/// The carrier of such a request.
pub(crate) struct Bodiless<S>(pub(crate) S);

impl<S: Sink> Exchange for Bodiless<S> {
    fn try_read(&self, _into: &mut [u8]) -> Result<Option<usize>, Failure> {
        Ok(Some(0))
    }

    fn wait_body(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn body_failure(&self) -> Option<Failure> {
        None
    }

    fn remaining(&self) -> Option<u64> {
        Some(0)
    }

    fn respond(&self, head: &Head<'_>) {
        self.0.head(head);
    }

    fn try_send(&self, block: &[u8], sent: &mut usize) -> Result<bool, Failure> {
        self.0.block(block);
        *sent = block.len();
        Ok(true)
    }

    fn send(&self, block: &[u8], sent: &mut usize) -> Result<(), Failure> {
        self.try_send(block, sent).map(drop)
    }

    fn break_off(&self) {}

    fn hold(&self, block: &[u8]) -> bool {
        self.0.block(block);
        true
    }

    fn keep(&self, block: Block, _length: usize) -> Result<(), Failure> {
        self.0.block((*block).as_ref());
        Ok(())
    }

    fn duplicate(&self, _descriptor: i32) -> Option<File> {
        None
    }

    fn send_file(&self, _file: File, _offset: u64, _length: u64) -> Result<(), Failure> {
        Err(Failure::Over)
    }

    fn try_settle(&self) -> Result<bool, Failure> {
        Ok(true)
    }

    fn settle(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn finish(&self) {
        self.0.end();
    }

    fn truncate(&self) {
        panic!("the app failed");
    }

    fn log(&self, text: &[u8]) -> Vec<u8> {
        panic!("the app failed: {}", text.escape_ascii());
    }

    fn flush_log(&self) -> Vec<u8> {
        Vec::new()
    }

    fn write_log(&self, _: &[u8]) {}
}

/// Takes an answer and keeps nothing of it: what is measured is the side of the app.
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    fn head(&self, head: &Head<'_>) {
        std::hint::black_box(head.fields);
    }

    fn block(&self, block: &[u8]) {
        std::hint::black_box(block);
    }

    fn end(&self) {}
}

/// Makes the bytes of an answer, as the carrier of `src/serve` does for one that is small.
pub(crate) struct Wire {
    state: Mutex<Option<Connection>>,
}

/// The protocol of a connection, and the bytes that would be written to it.
pub(crate) struct Connection {
    pub(crate) codec: Box<dyn Codec>,
    pub(crate) out: Vec<u8>,
}

impl Wire {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { state: Mutex::new(Some(connection)) }
    }

    /// Ends the request and gives the connection back.
    pub(crate) fn take(&self) -> Connection {
        self.lock().take().expect("a request ends once")
    }

    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with(&self, work: impl FnOnce(&mut dyn Codec, &mut Vec<u8>)) {
        if let Some(Connection { codec, out }) = self.lock().as_mut() {
            work(codec.as_mut(), out);
        }
    }
}

impl Sink for Wire {
    fn head(&self, head: &Head<'_>) {
        self.with(|codec, out| codec.respond(head, out));
    }

    fn block(&self, block: &[u8]) {
        self.with(|codec, out| {
            let frame = codec.frame(block.len());
            out.extend_from_slice(frame.prefix());
            out.extend_from_slice(block);
            out.extend_from_slice(frame.suffix);
        });
    }

    fn end(&self) {
        self.with(|codec, out| codec.finish(out));
    }
}
