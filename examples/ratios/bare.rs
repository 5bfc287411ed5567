//! The limits: a bare actix-web handler that parses and answers the same JSON, and a bare append with fdatasync.

use actix_web::{App, HttpResponse, HttpServer, web};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    client_message_id: String,
    text: String,
}

#[derive(serde::Serialize)]
struct Accepted {
    conversation: &'static str,
    seq: u64,
    at: u64,
    repeated: bool,
}

async fn accept(message: web::Json<Message>) -> HttpResponse {
    let Message { client_message_id, text } = message.into_inner();
    let seq = (client_message_id.len() + text.len()) as u64;
    HttpResponse::Ok().json(Accepted { conversation: "0123456789abcdef0123456789abcdef", seq, at: 1_795_304_569_365, repeated: false })
}

/// Serves until killed; prints its address first.
pub fn serve() -> anyhow::Result<()> {
    let workers = std::thread::available_parallelism()?.get();
    actix_rt::System::new().block_on(async move {
        let server = HttpServer::new(|| App::new().route("/v1/buyer/messages", web::post().to(accept)))
            .workers(workers)
            .tcp_nodelay(true)
            .bind(("127.0.0.1", 0))?;
        println!("fenliu ready http://{} data=- key-file=-", server.addrs()[0]);
        server.run().await?;
        Ok(())
    })
}

/// The median time in µs of appending `bytes` to a file in `folder` and fdatasync.
pub fn append_sync_us_p50(folder: &Path, bytes: usize, duration: Duration) -> anyhow::Result<f64> {
    let path = folder.join("append");
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
    let block = vec![7u8; bytes];
    let mut times = Vec::new();
    let began = Instant::now();
    while began.elapsed() < duration {
        let at = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(at.elapsed().as_nanos() as f64 / 1000.0);
    }
    std::fs::remove_file(path)?;
    Ok(crate::median(times))
}
