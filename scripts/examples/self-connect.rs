// SPDX-License-Identifier: GPL-2.0-only
//! self-connect: see self-connect.c
mod xtcp;

use std::io::{Read, Result, Write};
use std::net::Ipv4Addr;

fn main() -> Result<()> {
    let mut sock = xtcp::stream_socket()?;
    xtcp::bind_to(&sock, Ipv4Addr::LOCALHOST, 33333)?;
    xtcp::connect_to(&sock, Ipv4Addr::LOCALHOST, 33333)?;
    sock.write_all(b"who is there?")?;
    let mut text = [0; 13];
    sock.read_exact(&mut text)?;
    println!("the server says: {}", String::from_utf8_lossy(&text));
    let itself = sock.local_addr()? == sock.peer_addr()?;
    let who = if itself { "this client" } else { "somebody else" };
    println!("the server is {who}");
    Ok(())
}
