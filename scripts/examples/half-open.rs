// SPDX-License-Identifier: GPL-2.0-only
//! half-open ADDRESS: see half-open.c
mod xtcp;

use std::io::{Read, Result};

const SOL_SOCKET: i32 = 1;
const SO_KEEPALIVE: i32 = 9;
const IPPROTO_TCP: i32 = 6;
const TCP_KEEPIDLE: i32 = 4;
const TCP_KEEPINTVL: i32 = 5;
const TCP_KEEPCNT: i32 = 6;

fn main() -> Result<()> {
    let mut sock = xtcp::stream_socket()?;
    xtcp::set(&sock, IPPROTO_TCP, TCP_KEEPIDLE, 1)?;
    xtcp::set(&sock, IPPROTO_TCP, TCP_KEEPINTVL, 1)?;
    xtcp::set(&sock, IPPROTO_TCP, TCP_KEEPCNT, 3)?;
    xtcp::set(&sock, SOL_SOCKET, SO_KEEPALIVE, 1)?;
    xtcp::connect_to(&sock, xtcp::address(), 33333)?;
    println!("connected");
    match sock.read(&mut [0]) {
        Ok(_) => println!("the server has closed, or sent something"),
        Err(why) => {
            let text = why.to_string();
            println!("half-open: {}", text.split(" (").next().unwrap());
        }
    }
    Ok(())
}
