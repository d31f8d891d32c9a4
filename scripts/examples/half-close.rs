// SPDX-License-Identifier: GPL-2.0-only
//! half-close server, half-close ADDRESS: see half-close.c
mod xtcp;

use std::io::{Read, Result, Write};
use std::net::Shutdown;

const PORT: u16 = 33333;

fn serve() -> Result<()> {
    let (mut client, _) = xtcp::listen_at(PORT)?.accept()?;
    let mut text = Vec::new();
    client.read_to_end(&mut text)?;
    writeln!(client, "{} bytes came", text.len())
}

fn ask() -> Result<()> {
    let mut sock = xtcp::stream_socket()?;
    xtcp::connect_to(&sock, xtcp::address(), PORT)?;
    sock.write_all(b"one\ntwo\nthree\n")?;
    sock.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    sock.read_to_string(&mut answer)?;
    print!("{answer}");
    Ok(())
}

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("server") => serve(),
        _ => ask(),
    }
}
