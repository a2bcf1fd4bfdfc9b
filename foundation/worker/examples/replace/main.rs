//! Standard input to standard output, with a capital letter for the King:
//! `echo 'elvis, elelvis, elvielvis' | cargo run --release --example replace`.

use std::io::{self, BufWriter, ErrorKind, Read as _, Write as _};

mod replacer;

use replacer::Replacer;

fn main() -> io::Result<()> {
    let mut replacer = Replacer::new(b"elvis", b"Elvis");
    let (mut input, mut output) = (io::stdin().lock(), BufWriter::new(io::stdout().lock()));
    let mut buffer = [0; 16 * 1024];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => replacer.feed(&buffer[..length], &mut output)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    replacer.finish(&mut output)?;
    output.flush()
}
