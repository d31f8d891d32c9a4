// SPDX-License-Identifier: GPL-2.0-only
//! client ADDRESS: sends the numbers 1 to 10 and waits for the server's close.
mod xtcp;

use std::io::{Read, Result, Write};

fn main() -> Result<()> {
    let mut sock = xtcp::stream_socket()?;
    xtcp::connect_to(&sock, xtcp::address(), 33333)?;
    sock.write_all(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])?;
    sock.read_to_end(&mut Vec::new())?;
    Ok(())
}
