// What lies on the glass and on the way is nobody's writing.
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "ocr/cells.hpp"
#include "ocr/ink_fields.hpp"
#include "ocr/line_drops.hpp"
#include "ocr/marks.hpp"
#include "ocr/notes.hpp"
#include "ocr/streaks.hpp"
#include "tests/ocr/drawn_page.hpp"

namespace {

using namespace ocr_test;

class Dirt : public testing::Test {
protected:
  void lay(const std::vector<Stroke>& strokes, void (*dirt)(cv::Mat& ink),
           const Machine& machine = {}) {
    drawn_ = draw(layout_, strokes, machine);
    sheet_ = ocr::sheet_of(drawn_.page);
    dirt(sheet_.ink);
    const auto aligned = ocr::align(sheet_, layout_, drawn_.tags);
    ASSERT_TRUE(aligned);
    placement_ = aligned->placement;
    streaks_ = ocr::find_streaks(sheet_, placement_, layout_);
    ocr::erase_streaks(sheet_, streaks_);
  }

  [[nodiscard]] std::vector<ocr::MarkReading> marks(const std::string& name) const {
    const ocr::PrintedPage printed{&layout_, placement_,
                                   ocr::thickening_of(sheet_, placement_, layout_)};
    const auto& options = std::get<ocr::ChoiceField>(field(layout_, name).kind).options;
    return ocr::judge_marks(options, ocr::look_at_marks(sheet_, printed, options));
  }

  [[nodiscard]] std::size_t notes() const {
    return ocr::find_notes(sheet_, placement_, layout_).boxes.size();
  }

  ocr::PageLayout layout_ = made_up_layout();
  Drawn drawn_;
  ocr::Sheet sheet_;
  ocr::Placement placement_;
  std::vector<ocr::Streak> streaks_;
};

TEST_F(Dirt, AStreakThroughABoxIsNoMark) {
  const ocr::Box box = std::get<ocr::ChoiceField>(field(layout_, "site").kind).options[1].box;
  lay({tick(std::get<ocr::ChoiceField>(field(layout_, "site").kind).options[0].box)},
      [](cv::Mat& ink) {
        // Through the second box of "site", 72 mm from the left.
        const int column = static_cast<int>(72 * 204 / 25.4);
        ink.col(column).setTo(255);
        ink.col(column + 1).rowRange(0, ink.rows / 2).setTo(255);
      });
  EXPECT_NEAR(box.x + box.width / 2, 72, 0.1);
  ASSERT_FALSE(streaks_.empty());
  const auto read = marks("site");
  EXPECT_EQ(read[0].state, ocr::MarkState::marked);
  EXPECT_EQ(read[1].state, ocr::MarkState::empty);
  EXPECT_EQ(notes(), 0U);
}

TEST_F(Dirt, PrintedLinesAreNoStreaks) {
  lay({}, [](cv::Mat&) {});
  EXPECT_TRUE(streaks_.empty());
}

TEST_F(Dirt, ALostStripIsNotEmpty) {
  lay({}, [](cv::Mat& ink) {
    const int top = static_cast<int>(73 * 196 / 25.4);
    ink.rowRange(top, top + static_cast<int>(6 * 196 / 25.4)).setTo(0);
  });
  for (const ocr::MarkReading& mark : marks("site")) {
    EXPECT_EQ(mark.state, ocr::MarkState::unclear);
  }
  for (const ocr::MarkReading& mark : marks("kind")) EXPECT_EQ(mark.state, ocr::MarkState::empty);
}

TEST_F(Dirt, AScreenIsNeitherMarkNorNote) {
  lay({}, [](cv::Mat& ink) {
    // Dots of 0.25 mm, 0.9 mm apart, over boxes and margin.
    for (int y = 440; y < 760; y += 7) {
      for (int x = 100 + (y / 7 % 2) * 3; x < 900; x += 7) {
        cv::rectangle(ink, cv::Rect(x, y, 2, 2), 255, cv::FILLED);
      }
    }
  });
  for (const ocr::MarkReading& mark : marks("site")) {
    EXPECT_EQ(mark.state, ocr::MarkState::empty) << mark.value;
  }
  EXPECT_EQ(notes(), 0U);
}

/// Column and row of a place on the form, on the sheet that `lay` draws.
int column(double mm) {
  return static_cast<int>(mm * 204 / 25.4);
}
int row(double mm) {
  return static_cast<int>(mm * 196 / 25.4);
}

/// Dots of 0.25 mm, 0.9 mm apart.
void screen(cv::Mat& ink, const cv::Rect& pixels) {
  for (int y = pixels.y; y < pixels.br().y; y += 7) {
    for (int x = pixels.x + (y / 7 % 2) * 3; x < pixels.br().x; x += 7) {
      cv::rectangle(ink, cv::Rect(x, y, 2, 2), 255, cv::FILLED);
    }
  }
}

TEST_F(Dirt, AScreenOverPartOfARowIsNoMarkEither) {
  lay({}, [](cv::Mat& ink) {
    screen(ink, {column(66), row(70), column(40), row(12)});
    // Rows that were lost and filled make strokes of dots.
    for (int y = row(75); y < row(75) + 4; ++y) ink.row(row(75)).copyTo(ink.row(y));
  });
  for (const ocr::MarkReading& mark : marks("site")) {
    EXPECT_NE(mark.state, ocr::MarkState::marked) << mark.value;
  }
}

TEST_F(Dirt, ATickInAScreenIsATick) {
  const ocr::Box box = std::get<ocr::ChoiceField>(field(layout_, "site").kind).options[1].box;
  lay({tick(box)}, [](cv::Mat& ink) { screen(ink, {column(60), row(66), column(90), row(20)}); });
  EXPECT_EQ(marks("site")[1].state, ocr::MarkState::marked);
}

TEST_F(Dirt, AThinSlashInAScreenIsNotNothing) {
  Machine standard;
  standard.dpi_y = 98;
  lay(
      {},
      [](cv::Mat& ink) {
        const int first = row(66) / 2;
        for (int y = first; y < first + 80; y += 4) {
          for (int x = column(60) + (y / 4 % 2) * 3; x < column(150); x += 7) {
            ink.at<std::uint8_t>(y, x) = ink.at<std::uint8_t>(y, x + 1) = 255;
          }
        }
        const ocr::PageLayout layout = made_up_layout();
        const ocr::Box box = std::get<ocr::ChoiceField>(field(layout, "site").kind).options[1].box;
        for (int i = 0; i < 12; ++i) {
          const int x = column(box.x + 0.6) + i;
          ink.at<std::uint8_t>(row(box.bottom() - 0.6) / 2 - i, x) = 255;
        }
      },
      standard);
  const auto read = marks("site");
  EXPECT_EQ(read[0].state, ocr::MarkState::empty);
  EXPECT_NE(read[1].state, ocr::MarkState::empty);
}

TEST_F(Dirt, RepeatedRowsMakeBarsOfFramesAndNoMarks) {
  lay({}, [](cv::Mat& ink) {
    const ocr::PageLayout layout = made_up_layout();
    const ocr::Box box = std::get<ocr::ChoiceField>(field(layout, "site").kind).options[0].box;
    const int top = row(box.y);
    ink(cv::Rect(column(box.x), top, column(box.width), row(0.75))).setTo(255);
    const int bottom = row(box.bottom() - 0.1);
    ink(cv::Rect(column(box.x), bottom, column(box.width), row(0.75))).setTo(255);
    // On a page that lies askew a row holds a part of the line only.
    const ocr::Box other = std::get<ocr::ChoiceField>(field(layout, "site").kind).options[2].box;
    ink(cv::Rect(column(other.x), row(other.bottom() - 0.1), column(2), row(0.75))).setTo(255);
  });
  for (const ocr::MarkReading& mark : marks("site")) {
    EXPECT_EQ(mark.state, ocr::MarkState::empty) << mark.value;
  }
}

TEST_F(Dirt, DotsOfAnEatenTickAreNotNothing) {
  lay({}, [](cv::Mat& ink) {
    const ocr::PageLayout layout = made_up_layout();
    const ocr::Box box = std::get<ocr::ChoiceField>(field(layout, "site").kind).options[2].box;
    for (int i = 0; i < 8; ++i) {
      const int x = column(box.x + 0.9 + 0.3 * i);
      ink(cv::Rect(x, row(box.bottom() - 1 - 0.3 * i), 2, 1)).setTo(255);
    }
  });
  const auto read = marks("site");
  EXPECT_EQ(read[0].state, ocr::MarkState::empty);
  EXPECT_EQ(read[2].state, ocr::MarkState::unclear);
}

TEST_F(Dirt, ABlockOverHalfABoxIsNoMark) {
  lay({}, [](cv::Mat& ink) {
    const ocr::PageLayout layout = made_up_layout();
    const ocr::Box box = std::get<ocr::ChoiceField>(field(layout, "kind").kind).options[1].box;
    ink(cv::Rect(column(box.x + 0.2), row(box.y + 2), column(20), row(5))).setTo(255);
  });
  EXPECT_EQ(marks("kind")[1].state, ocr::MarkState::unclear);
}

TEST_F(Dirt, AHairInABoxIsNoMark) {
  lay({}, [](cv::Mat& ink) {
    const ocr::PageLayout layout = made_up_layout();
    const ocr::Box box = std::get<ocr::ChoiceField>(field(layout, "site").kind).options[3].box;
    cv::line(ink, {column(box.x + 0.6), row(box.bottom() - 0.7)},
             {column(box.x + 2.8), row(box.y + 0.6)}, 255, 1);
  });
  EXPECT_EQ(marks("site")[3].state, ocr::MarkState::unclear);
}

TEST_F(Dirt, ALostStripThatHidesNoWholeMarkHidesNothing) {
  lay({}, [](cv::Mat&) {});
  const ocr::Box box = std::get<ocr::ChoiceField>(field(layout_, "site").kind).options[0].box;
  const auto lose = [&](double mm) {
    sheet_.lost = {{row(box.bottom() - mm), row(box.bottom() + 2)}};
    return marks("site")[0].state;
  };
  EXPECT_EQ(lose(0.3 * box.height), ocr::MarkState::empty);
  EXPECT_EQ(lose(0.45 * box.height), ocr::MarkState::unclear) << "the rest of a mark may be less";
  EXPECT_EQ(lose(0.7 * box.height), ocr::MarkState::unclear);
}

TEST_F(Dirt, ScreensAndBlocksAreNoSeals) {
  const ocr::Box seal = std::get<ocr::InkField>(field(layout_, "seal").kind).box;
  const auto ink = [&] {
    return ocr::seal_ink(
        sheet_, {&layout_, placement_, ocr::thickening_of(sheet_, placement_, layout_)}, seal);
  };
  lay({}, [](cv::Mat& page) { screen(page, {column(150), row(190), column(40), row(30)}); });
  EXPECT_LT(ink(), 1);
  lay({}, [](cv::Mat& page) { screen(page, {column(150), row(190), column(24), row(30)}); });
  EXPECT_LT(ink(), 1) << "a screen that ends under the place";
  lay({}, [](cv::Mat& page) { page(cv::Rect(column(175), row(210), 60, 40)).setTo(255); });
  EXPECT_LT(ink(), 1);
  lay({circle({167, 202, 8, 8}), circle({169, 204, 4, 4})}, [](cv::Mat& page) {
    screen(page, {column(150), row(190), column(40), row(30)});
  });
  EXPECT_GT(ink(), 4);
  lay({}, [](cv::Mat& page) { page(cv::Rect(column(160), row(196), 160, 160)).setTo(255); });
  EXPECT_GT(ink(), 1) << "a seal may stand under it";
  EXPECT_LT(ink(), 4);
}

TEST_F(Dirt, HolesBlocksAndLidAreNoNotes) {
  lay({}, [](cv::Mat& ink) {
    cv::circle(ink, cv::Point(60, 1200), 25, 255, cv::FILLED);
    cv::rectangle(ink, cv::Rect(700, 1990, 300, 60), 255, cv::FILLED);
    ink.colRange(ink.cols - 40, ink.cols).setTo(255);
  });
  EXPECT_EQ(notes(), 0U);
}

TEST(LostCell, IsSeenByItsFrame) {
  cv::Mat crop = cv::Mat::zeros(40, 32, CV_8U);
  EXPECT_LT(ocr::cell_frame_seen(crop), 0.05);
  cv::rectangle(crop, cv::Rect(4, 4, 24, 32), 255);
  EXPECT_GT(ocr::cell_frame_seen(crop), 0.9);
}

/// Upright lines 60 columns apart with a speck of noise in every row, so that no two are alike.
cv::Mat lined() {
  cv::Mat ink = cv::Mat::zeros(240, 1200, CV_8U);
  for (int x = 10; x < ink.cols; x += 60) ink.colRange(x, x + 2).setTo(255);
  for (int y = 0; y < ink.rows; ++y) ink.at<std::uint8_t>(y, (y * 137) % 1200) = 255;
  return ink;
}

TEST(LineDrops, ARepeatedRowMakesNoBar) {
  cv::Mat ink = lined();
  for (int x = 10; x + 60 < ink.cols; x += 60) ink(cv::Rect(x, 20, 40, 1)).setTo(255);
  for (int y = 21; y < 25; ++y) ink.row(20).copyTo(ink.row(y));
  EXPECT_TRUE(ocr::mend_rows(ink).empty());
  for (int y = 22; y < 25; ++y) {
    EXPECT_EQ(ink.at<std::uint8_t>(y, 10), 255) << y;  // the upright lines go on
    EXPECT_EQ(ink.at<std::uint8_t>(y, 30), 0) << y;    // the level ones do not
  }
  EXPECT_EQ(ink.at<std::uint8_t>(20, 30), 255);
}

TEST(LineDrops, AStrokeLeansThroughTheGap) {
  cv::Mat ink = lined();
  for (int y = 30; y < 50; ++y) ink(cv::Rect(100 + y, y, 4, 1)).setTo(255);
  for (int y = 41; y < 44; ++y) ink.row(40).copyTo(ink.row(y));
  ocr::mend_rows(ink);
  for (int y = 41; y < 44; ++y) EXPECT_GT(cv::countNonZero(ink(cv::Rect(138, y, 12, 1))), 2) << y;
}

TEST(LineDrops, ACleanPictureIsLeftAlone) {
  cv::Mat ink = cv::Mat::zeros(80, 400, CV_8U);
  for (int x = 10; x < ink.cols; x += 20) ink.colRange(x, x + 2).setTo(255);
  const cv::Mat before = ink.clone();
  EXPECT_TRUE(ocr::mend_rows(ink).empty());
  EXPECT_EQ(cv::norm(before, ink, cv::NORM_L1), 0);
}

TEST(LineDrops, FramesOfAPageThatLiesAskewAreNoNonsense) {
  cv::Mat ink = lined();
  for (int x = 0; x < ink.cols; ++x) {
    for (int line = 0; line < 5; ++line) ink.at<std::uint8_t>(20 + 30 * line + x / 45, x) = 255;
  }
  const cv::Mat before = ink.clone();
  EXPECT_TRUE(ocr::mend_rows(ink).empty());
  EXPECT_EQ(cv::norm(before, ink, cv::NORM_L1), 0);
}

TEST(LineDrops, NonsenseIsTakenOutAndCounted) {
  cv::Mat ink = lined();
  cv::RNG random(5);
  for (int y = 30; y < 42; ++y) {
    ink.row(y).setTo(0);
    for (int x = random.uniform(0, 80); x < 1180; x += random.uniform(60, 260)) {
      ink(cv::Rect(x, y, random.uniform(9, 20), 1)).setTo(255);
    }
  }
  const auto lost = ocr::mend_rows(ink);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_NEAR(lost[0].start, 30, 2);
  EXPECT_NEAR(lost[0].end, 42, 2);
  EXPECT_LT(cv::countNonZero(ink.rowRange(32, 40)), 8 * 60);
  EXPECT_EQ(ink.at<std::uint8_t>(36, 10), 255);
}

}  // namespace
