//! A scanner beside the hub that answers as a test wants: clamd or rspamd by what it is asked.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::{checks::Where, config::Host};

/// Says about each letter what `answer` makes of it.
pub(super) async fn clamd<F>(answer: impl Fn(Vec<u8>) -> F + Send + Sync + 'static) -> Option<Where>
where
    F: Future<Output = &'static str> + Send,
{
    let answer = Arc::new(answer);
    serve(move |stream| {
        let answer = Arc::clone(&answer);
        Box::pin(async move {
            let mut stream = BufReader::new(stream);
            let letter = pieces(&mut stream).await.unwrap();
            let words = answer(letter).await;
            stream.write_all(format!("{words}\0").as_bytes()).await.unwrap();
        })
    })
    .await
}

/// Answers every question with `status` and `body`; the head of the question, and the letter, go to `asked`.
pub(super) async fn rspamd(
    status: &'static str,
    body: String,
    asked: tokio::sync::mpsc::UnboundedSender<String>,
) -> Option<Where> {
    serve(move |stream| {
        let (asked, body) = (asked.clone(), body.clone());
        Box::pin(async move {
            let mut stream = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                head.push(char::from(stream.read_u8().await.unwrap()));
            }
            let length = head.split_once("Content-Length: ").unwrap().1.split_once("\r\n").unwrap().0;
            let mut letter = vec![0; length.parse().unwrap()];
            stream.read_exact(&mut letter).await.unwrap();
            asked.send(head + &String::from_utf8(letter).unwrap()).unwrap();
            let octets = body.len();
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {octets}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
    })
    .await
}

/// A place where nobody listens.
pub(super) async fn nowhere() -> Option<Where> {
    place(&TcpListener::bind("127.0.0.1:0").await.unwrap())
}

/// A scanner that takes connections and says nothing but `words`, whatever comes.
pub(super) async fn hasty(words: &'static str) -> Option<Where> {
    serve(move |mut stream| {
        Box::pin(async move {
            let _ = stream.read_u8().await;
            stream.write_all(words.as_bytes()).await.unwrap();
            // Closing with unread octets would reset the connection before the words are read.
            stream.shutdown().await.unwrap();
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        })
    })
    .await
}

async fn serve(talk: impl Fn(TcpStream) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Option<Where> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let found = place(&listener);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(talk(stream));
        }
    });
    found
}

fn place(listener: &TcpListener) -> Option<Where> {
    let address = listener.local_addr().unwrap();
    Some(Where::Server(Host { name: address.ip().to_string(), port: address.port() }))
}

/// The letter in the pieces of `INSTREAM`.
async fn pieces(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut command = [0; 10];
    stream.read_exact(&mut command).await?;
    assert_eq!(&command, b"zINSTREAM\0");
    let mut letter = Vec::new();
    loop {
        let length = stream.read_u32().await?;
        if length == 0 {
            return Ok(letter);
        }
        let start = letter.len();
        letter.resize(start + length as usize, 0);
        stream.read_exact(&mut letter[start..]).await?;
    }
}
