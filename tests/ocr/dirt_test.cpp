// What lies on the glass and on the way is nobody's writing.
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "ocr/cells.hpp"
#include "ocr/marks.hpp"
#include "ocr/notes.hpp"
#include "ocr/streaks.hpp"
#include "tests/ocr/drawn_page.hpp"

namespace {

using namespace ocr_test;

class Dirt : public testing::Test {
protected:
  void lay(const std::vector<Stroke>& strokes, void (*dirt)(cv::Mat& ink)) {
    drawn_ = draw(layout_, strokes);
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

}  // namespace
