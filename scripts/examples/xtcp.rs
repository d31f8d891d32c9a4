// SPDX-License-Identifier: GPL-2.0-only
//! A stream socket of XTCP; with TCP in the environment, of the host's TCP. What
//! std has no call for goes to the C library; std does the rest.
#![allow(dead_code)]
use std::ffi::c_void;
use std::io::{Error, Result};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::io::{AsRawFd, FromRawFd, RawFd};

const AF_INET: i32 = 2;
const AF_XTCP: i32 = 19;
const SOCK_STREAM: i32 = 1;
const SOL_SOCKET: i32 = 1;
const SO_REUSEADDR: i32 = 2;

#[repr(C)]
struct SockaddrIn {
    family: u16,
    port: [u8; 2],
    addr: [u8; 4],
    zero: [u8; 8],
}

extern "C" {
    fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
    fn bind(fd: i32, addr: *const SockaddrIn, len: u32) -> i32;
    fn connect(fd: i32, addr: *const SockaddrIn, len: u32) -> i32;
    fn listen(fd: i32, backlog: i32) -> i32;
    fn setsockopt(fd: i32, level: i32, name: i32, val: *const c_void, len: u32) -> i32;
}

fn check(answer: i32) -> Result<i32> {
    if answer < 0 {
        return Err(Error::last_os_error());
    }
    Ok(answer)
}

fn name(addr: Ipv4Addr, port: u16) -> SockaddrIn {
    SockaddrIn {
        family: AF_INET as u16,
        port: port.to_be_bytes(),
        addr: addr.octets(),
        zero: [0; 8],
    }
}

const NAME_LEN: u32 = std::mem::size_of::<SockaddrIn>() as u32;

/// A socket that nothing was done with.
pub fn stream_socket() -> Result<TcpStream> {
    let tcp = std::env::var_os("TCP").is_some();
    let family = if tcp { AF_INET } else { AF_XTCP };
    let fd = check(unsafe { socket(family, SOCK_STREAM, 0) })?;
    Ok(unsafe { TcpStream::from_raw_fd(fd) })
}

pub fn set(sock: &impl AsRawFd, level: i32, option: i32, val: i32) -> Result<()> {
    let at = &val as *const i32 as *const c_void;
    check(unsafe { setsockopt(sock.as_raw_fd(), level, option, at, 4) })?;
    Ok(())
}

pub fn bind_to(sock: &TcpStream, addr: Ipv4Addr, port: u16) -> Result<()> {
    check(unsafe { bind(sock.as_raw_fd(), &name(addr, port), NAME_LEN) })?;
    Ok(())
}

pub fn connect_to(sock: &TcpStream, addr: Ipv4Addr, port: u16) -> Result<()> {
    check(unsafe { connect(sock.as_raw_fd(), &name(addr, port), NAME_LEN) })?;
    Ok(())
}

pub fn listen_at(port: u16) -> Result<TcpListener> {
    let sock = stream_socket()?;
    set(&sock, SOL_SOCKET, SO_REUSEADDR, 1)?;
    bind_to(&sock, Ipv4Addr::UNSPECIFIED, port)?;
    let fd: RawFd = sock.as_raw_fd();
    check(unsafe { listen(fd, 1) })?;
    std::mem::forget(sock);
    Ok(unsafe { TcpListener::from_raw_fd(fd) })
}

/// The first argument, an address.
pub fn address() -> Ipv4Addr {
    std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("an IPv4 address as argument")
}
