// SPDX-License-Identifier: GPL-2.0-only
//! server: reads the ten numbers of one client, sleeps a moment, and closes.
mod xtcp;

use std::io::{Read, Result};
use std::{thread, time};

fn main() -> Result<()> {
    let listener = xtcp::listen_at(33333)?;
    let (mut client, _) = listener.accept()?;
    let mut ten = [0; 10];
    client.read_exact(&mut ten)?;
    println!("{}", ten.map(|n| n.to_string()).join(" "));
    thread::sleep(time::Duration::from_secs(2));
    Ok(())
}
