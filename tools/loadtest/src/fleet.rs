//! A thread full of robots.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::{
    publisher::{Publisher, Stream},
    robot::{Robot, Seen},
    socket::{Buffer, Poll},
};

/// What the driver asks of a fleet.
pub enum Order {
    /// A robot more, with what it sends.
    Join(Box<Robot>, Vec<Stream>),
    /// Begin to count anew.
    Forget,
    /// Say what was seen, and how long each took to join.
    Report(Sender<Vec<(Seen, Option<Duration>)>>),
}

/// The way to a fleet's thread; it ends when this is dropped.
pub struct Fleet {
    orders: Sender<Order>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fleet {
    /// An empty one.
    pub fn start() -> io::Result<Self> {
        let (orders, inbox) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let crew = Crew {
            robots: Vec::new(),
            publishers: Vec::new(),
            poll: Poll::new()?,
            buffer: Buffer::default(),
        };
        let ended = Arc::clone(&stop);
        let thread =
            std::thread::Builder::new().name("robots".into()).spawn(move || crew.run(&inbox, &ended))?;
        Ok(Self { orders, stop, thread: Some(thread) })
    }

    /// Gives an order.
    pub fn order(&self, order: Order) {
        // A fleet that panicked is noticed when it reports nothing.
        let _ = self.orders.send(order);
    }

    /// What all its robots saw.
    pub fn report(&self) -> Vec<(Seen, Option<Duration>)> {
        let (reply, answer) = channel();
        self.order(Order::Report(reply));
        answer.recv().unwrap_or_default()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Crew {
    robots: Vec<Robot>,
    publishers: Vec<Publisher>,
    poll: Poll,
    buffer: Buffer,
}

impl Crew {
    fn run(mut self, orders: &Receiver<Order>, stop: &AtomicBool) {
        let mut next_tick = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            while let Ok(order) = orders.try_recv() {
                self.obey(order);
            }
            let due = self.publishers.iter().map(|publisher| publisher.due).min();
            let until = due.map_or(next_tick, |due| due.min(next_tick));
            let ready = self.poll.wait(until.saturating_duration_since(Instant::now()));
            let now = Instant::now();
            for publisher in self.publishers.iter_mut().filter(|publisher| publisher.due <= now) {
                if let Some(robot) = self.robots.get_mut(publisher.robot) {
                    publisher.send_due(now, robot);
                }
            }
            for number in ready {
                if let Some(robot) = self.robots.get_mut(number) {
                    robot.receive(now, &mut self.buffer);
                }
            }
            if now >= next_tick {
                next_tick = now + TICK;
                self.robots.iter_mut().for_each(|robot| robot.tick(now));
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Join(mut robot, streams) => {
                let place = self.robots.len();
                let now = Instant::now();
                robot.tick(now);
                if let Err(error) = self.poll.watch(&robot.socket, place) {
                    eprintln!("a robot cannot be watched: {error}");
                }
                for (index, stream) in streams.into_iter().enumerate() {
                    // Cameras are not in step with each other.
                    let offset = Duration::from_micros(3_700 * robot.number as u64 % 33_000 + index as u64);
                    self.publishers.push(Publisher::new(place, robot.number, stream, now + offset));
                }
                self.robots.push(*robot);
            }
            Order::Forget => self.robots.iter_mut().for_each(Robot::forget),
            Order::Report(reply) => {
                let _ = reply.send(self.robots.iter().map(|robot| (robot.seen(), robot.joined)).collect());
            }
        }
    }
}

const TICK: Duration = Duration::from_millis(5);
