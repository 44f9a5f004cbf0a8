//! A till that adds up what was put on it.

use std::collections::BTreeMap;
use std::fmt;

const LARGEST_BILL: usize = 250;

/// One line of a bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub name: String,
    pub cents: u64,
    pub count: u32,
}

#[derive(Debug)]
pub enum Refusal {
    Unknown(String),
    TooMany { most: usize },
    Empty,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unknown(name) => write!(out, "nobody sells \"{name}\" here"),
            Refusal::TooMany { most } => write!(out, "more than {most} lines"),
            Refusal::Empty => write!(out, "nothing to pay"),
        }
    }
}

pub struct Till {
    prices: BTreeMap<String, u64>,
    items: Vec<Item>,
}

impl Till {
    pub fn new(prices: &[(&str, u64)]) -> Self {
        let prices = prices.iter().map(|(name, cents)| (name.to_string(), *cents)).collect();
        Till { prices, items: Vec::new() }
    }

    pub fn put(&mut self, name: &str, count: u32) -> Result<(), Refusal> {
        if self.items.len() >= LARGEST_BILL {
            return Err(Refusal::TooMany { most: LARGEST_BILL });
        }
        let cents = match self.prices.get(name) {
            Some(cents) => *cents,
            None => return Err(Refusal::Unknown(name.to_string())),
        };
        for item in &mut self.items {
            if item.name == name && item.cents == cents {
                item.count += count;
                return Ok(());
            }
        }
        self.items.push(Item { name: name.to_string(), cents, count });
        Ok(())
    }

    pub fn total(&self) -> Result<u64, Refusal> {
        if self.items.is_empty() {
            return Err(Refusal::Empty);
        }
        let mut sum = 0;
        for item in &self.items {
            sum += item.cents * u64::from(item.count);
        }
        Ok(sum)
    }

    pub fn receipt(&self) -> String {
        let mut text = String::from("RECEIPT\n-------\n");
        for item in &self.items {
            text.push_str(&format!("{:>4} x {}\t{}\n", item.count, item.name, item.cents));
        }
        text
    }
}

fn main() {
    let mut till = Till::new(&[("pear", 45), ("plum", 30)]);
    till.put("pear", 3).expect("pears are sold");
    println!("{}", till.receipt());
}
