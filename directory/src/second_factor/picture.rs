//! The picture a telephone's camera reads (QR code, ISO/IEC 18004), as the path of an SVG drawing.

use qrcode::{Color, EcLevel, QrCode};

use crate::view::CodePicture;

/// `text` as a picture; `None` when it is too long for one, so that the key must be typed.
pub(super) fn of(text: &str) -> Option<CodePicture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            path.push_str(&format!("M{} {}h1v1h-1z", at % width, at / width));
        }
    }
    Some(CodePicture { side: u32::try_from(width).ok()?, path })
}
