//! Invented names with the weights of the province's family names. For specialists, clerks and
//! technicians only, so that a chance likeness to a living person is harmless.

use base::random::{Random, Seeded};

/// A source of names that never repeats one.
pub(super) struct Names {
    random: Seeded,
    used: Vec<String>,
}

impl Names {
    pub(super) fn new(seed: u64, used: Vec<String>) -> Self {
        Self { random: Seeded::new(seed), used }
    }

    pub(super) fn next(&mut self) -> String {
        loop {
            let (middles, givens) = if self.random.next_u64().is_multiple_of(2) {
                (MALE_MIDDLE, MALE_GIVEN)
            } else {
                (FEMALE_MIDDLE, FEMALE_GIVEN)
            };
            let name = format!("{} {} {}", self.family(), self.pick(middles), self.pick(givens));
            if !self.used.contains(&name) {
                self.used.push(name.clone());
                return name;
            }
        }
    }

    fn family(&mut self) -> &'static str {
        let total: u64 = FAMILIES.iter().map(|(_, weight)| weight).sum();
        let mut at = self.random.next_u64() % total;
        for (family, weight) in FAMILIES {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return family,
            }
        }
        "Nguyễn"
    }

    fn pick(&mut self, list: &'static str) -> &'static str {
        let items: Vec<_> = list.split(", ").collect();
        let at = self.random.next_u64() % items.len().max(1) as u64;
        usize::try_from(at).ok().and_then(|at| items.get(at)).copied().unwrap_or("An")
    }
}

const FAMILIES: &[(&str, u64)] = &[
    ("Nguyễn", 35),
    ("Trần", 11),
    ("Lê", 9),
    ("Hoàng", 9),
    ("Phạm", 6),
    ("Phan", 5),
    ("Võ", 4),
    ("Đinh", 3),
    ("Cao", 3),
    ("Dương", 3),
    ("Mai", 2),
    ("Đoàn", 2),
    ("Hồ", 2),
    ("Ngô", 2),
    ("Trương", 2),
    ("Lưu", 1),
    ("Đặng", 1),
    ("Bùi", 1),
];
const MALE_MIDDLE: &str = "Văn, Đức, Hữu, Quang, Xuân, Minh, Thanh, Công";
const FEMALE_MIDDLE: &str = "Thị, Thị Mỹ, Thị Thu, Ngọc, Thị Hồng, Thị Bích";
const MALE_GIVEN: &str =
    "An, Bình, Cường, Dũng, Hải, Hùng, Khánh, Long, Nam, Phong, Quân, Sơn, Thành, Tuấn, Vinh";
const FEMALE_GIVEN: &str =
    "Anh, Chi, Dung, Hạnh, Hoa, Hương, Lan, Linh, Mai, Nga, Nhung, Phương, Thảo, Trang, Yến";
